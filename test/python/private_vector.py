"""Opens the private message in docs/PROTOCOL.md, with nothing but that document and Debian's python3-cryptography.

Usage: private_vector.py PROTOCOL.md. Prints the message. Fails if anything in the document does not hold.
"""

import base64
import hashlib
import hmac
import json
import re
import sys

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

PRIME = 2**255 - 19


def base64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


# X25519 keys

def x25519_private(ed25519_secret: bytes) -> X25519PrivateKey:
    return X25519PrivateKey.from_private_bytes(hashlib.sha512(ed25519_secret).digest()[:32])


def x25519_public(ed25519_public: bytes) -> bytes:
    y = int.from_bytes(ed25519_public, "little") & (2**255 - 1)
    return ((1 + y) * pow(1 - y, -1, PRIME) % PRIME).to_bytes(32, "little")


def raw(key: X25519PublicKey) -> bytes:
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


# HPKE, RFC 9180: base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM

KEM_SUITE = b"KEM" + (0x0020).to_bytes(2, "big")
HPKE_SUITE = b"HPKE" + b"".join(part.to_bytes(2, "big") for part in (0x0020, 0x0001, 0x0002))


def extract(suite: bytes, salt: bytes, label: bytes, material: bytes) -> bytes:
    return hmac.new(salt or bytes(32), b"HPKE-v1" + suite + label + material, hashlib.sha256).digest()


def expand(suite: bytes, key: bytes, label: bytes, info: bytes, length: int) -> bytes:
    assert length <= 32
    labelled = length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
    return hmac.new(key, labelled + b"\x01", hashlib.sha256).digest()[:length]


def hpke_open(private: X25519PrivateKey, enc: bytes, info: bytes, aad: bytes, sealed: bytes) -> bytes:
    shared = private.exchange(X25519PublicKey.from_public_bytes(enc))
    kem_context = enc + raw(private.public_key())
    secret = expand(KEM_SUITE, extract(KEM_SUITE, b"", b"eae_prk", shared), b"shared_secret", kem_context, 32)
    context = b"\x00" + extract(HPKE_SUITE, b"", b"psk_id_hash", b"") + extract(HPKE_SUITE, b"", b"info_hash", info)
    secret = extract(HPKE_SUITE, secret, b"secret", b"")
    key = expand(HPKE_SUITE, secret, b"key", context, 32)
    nonce = expand(HPKE_SUITE, secret, b"base_nonce", context, 12)
    return AESGCM(key).decrypt(nonce, sealed, aad)


# Envelopes

def open_envelope(private: X25519PrivateKey, stream: str, n: int, text: str) -> "dict | None":
    envelope = base64url(text)
    form, count = envelope[:2]
    assert form == 1 and 1 <= count <= 16
    body = envelope[34 + 88 * count:]
    binding = f"outlive private\n{stream}\n{n}\n".encode()
    shared = private.exchange(X25519PublicKey.from_public_bytes(envelope[2:34]))
    hint = hmac.new(shared, b"outlive private hint\n" + binding, hashlib.sha256).digest()[:8]
    for slot in (envelope[34 + 88 * at:][:88] for at in range(count)):
        if slot[:8] == hint:
            key = hpke_open(private, slot[8:40], b"outlive private key\n", binding, slot[40:])
            return json.loads(AESGCM(key).decrypt(bytes(12), body, binding))
    return None


# Seals

def check_seal(public: bytes, line: str) -> None:
    post = json.loads(line)
    bare, end = re.fullmatch(r"(.*),\"seal\":(\{.*\})\}", line).groups()
    seal = json.loads(end)
    digest = base64.urlsafe_b64encode(hashlib.sha256((bare + "}\n").encode()).digest()).decode().rstrip("=")
    claim = f"outlive posts\n{post['stream']}\n{seal['from']}\n{post['n']}\n{digest}\n"
    Ed25519PublicKey.from_public_bytes(public).verify(base64url(seal["sig"]), claim.encode())


def fails(error: type, run) -> bool:
    try:
        return run() is None
    except error:
        return True


def main() -> None:
    with open(sys.argv[1], encoding="utf-8") as file:
        document = file.read()
    [line] = re.findall(r'^\{"type":"post","stream":"[^/]*/@/.*\}$', document, re.MULTILINE)
    post = json.loads(line)
    place = (post["stream"], post["n"])

    alice_secret = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    alice_public = base64url("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")
    bo_secret = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
    bo_public = base64url("PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw")
    alice, bo = x25519_private(alice_secret), x25519_private(bo_secret)
    assert x25519_public(alice_public) == raw(alice.public_key())
    assert x25519_public(bo_public) == raw(bo.public_key())

    check_seal(alice_public, line)
    assert fails(InvalidSignature, lambda: check_seal(bo_public, line))
    assert fails(InvalidSignature, lambda: check_seal(alice_public, line.replace('"n":7', '"n":8')))

    message = open_envelope(bo, *place, post["text"])
    assert message is not None and message == open_envelope(alice, *place, post["text"])
    stranger = X25519PrivateKey.from_private_bytes(bytes(31) + b"\x40")
    assert open_envelope(stranger, *place, post["text"]) is None
    assert open_envelope(bo, post["stream"], post["n"] + 1, post["text"]) is None
    assert open_envelope(bo, post["stream"].replace("alice", "carol"), post["n"], post["text"]) is None
    changed = bytearray(base64url(post["text"]))
    changed[-1] ^= 1
    flipped = base64.urlsafe_b64encode(changed).decode().rstrip("=")
    assert fails(InvalidTag, lambda: open_envelope(bo, *place, flipped))
    print(json.dumps(message, ensure_ascii=False))


main()
