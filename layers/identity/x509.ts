/** What makes certificates: a library that is as large as the program, and a bundle of its own, loaded when a key is made. */
import "reflect-metadata"

export { X509CertificateGenerator } from "@peculiar/x509"
