/**
 * Makes certificates. The library is as large as this program, so it has a bundle of its own, which is loaded only to
 * make a key.
 */
import "reflect-metadata"

export { X509CertificateGenerator } from "@peculiar/x509"
