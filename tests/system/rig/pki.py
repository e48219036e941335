# SPDX-License-Identifier: BSD-3-Clause
"""A throw-away CA, and certificates of it: right ones, and wrong in one way each."""
import datetime
import os

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CLIENT = ExtendedKeyUsageOID.CLIENT_AUTH
SERVER = ExtendedKeyUsageOID.SERVER_AUTH
DAY = datetime.timedelta(days=1)


def _now():
    return datetime.datetime.utcnow().replace(microsecond=0)


class Authority:
    def __init__(self, folder, name, owner=None, parent=None, is_ca=True):
        self.folder, self.name, self.owner = folder, name, owner
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        signer, issuer = (parent.key, parent.subject) if parent else (self.key, self.subject)
        builder = self._builder(self.subject, issuer, self.key.public_key(), -1, 30)
        builder = builder.add_extension(x509.BasicConstraints(is_ca, None), critical=True)
        builder = builder.add_extension(
            x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()), critical=False)
        self.certificate = builder.sign(signer, hashes.SHA256())
        self.chain = [] if parent is None else [self.certificate] + parent.chain
        self.file = self._write(f"{name}.crt", [self.certificate])

    @staticmethod
    def _builder(subject, issuer, public, begins, ends):
        return (x509.CertificateBuilder().subject_name(subject).issuer_name(issuer)
                .public_key(public).serial_number(x509.random_serial_number())
                .not_valid_before(_now() + begins * DAY).not_valid_after(_now() + ends * DAY))

    def _write(self, name, certificates):
        path = self.folder / name
        path.write_bytes(b"".join(
            c.public_bytes(serialization.Encoding.PEM) for c in certificates))
        path.chmod(0o644)
        return path

    def _write_key(self, name, key):
        path = self.folder / name
        path.write_bytes(key.private_bytes(serialization.Encoding.PEM,
                                           serialization.PrivateFormat.PKCS8,
                                           serialization.NoEncryption()))
        path.chmod(0o600)
        if self.owner is not None:
            os.chown(path, self.owner.pw_uid, self.owner.pw_gid)
        return path

    def issue(self, file, names=(), usage=CLIENT, common_name="peer", begins=-1, ends=30,
              weak=False, addresses=()):
        """(certificate file, key file), named by 'file'."""
        key = rsa.generate_private_key(65537, 1024) if weak else ec.generate_private_key(
            ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
        builder = self._builder(subject, self.subject, key.public_key(), begins, ends)
        alternatives = [x509.DNSName(n) for n in names]
        alternatives += [x509.IPAddress(a) for a in addresses]
        if alternatives:
            builder = builder.add_extension(
                x509.SubjectAlternativeName(alternatives), critical=False)
        if usage is not None:
            builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        certificate = builder.sign(self.key, hashes.SHA256())
        return (self._write(f"{file}.crt", [certificate] + self.chain),
                self._write_key(f"{file}.key", key))

    def revocations(self, file, certificates=(), ends=30):
        builder = (x509.CertificateRevocationListBuilder().issuer_name(self.subject)
                   .last_update(_now() - 2 * DAY).next_update(_now() + ends * DAY))
        for path in certificates:
            certificate = x509.load_pem_x509_certificate(path.read_bytes())
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder().serial_number(certificate.serial_number)
                .revocation_date(_now() - DAY).build())
        path = self.folder / file
        path.write_bytes(builder.sign(self.key, hashes.SHA256()).public_bytes(
            serialization.Encoding.PEM))
        path.chmod(0o644)
        return path
