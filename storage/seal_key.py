"""The key pair sealed items are made for: HPKE (RFC 9180), DHKEM(P-256), HKDF-SHA256, AES-256-GCM, base mode.

Derived from SOTAY_SECRET_FILE, so all hosts of an installation have the same and no backup of the database holds it. With
another secret what phones sealed before cannot be opened any more; they send it again once they are open.
"""

import base64
import binascii

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from storage.secret import key

SUITE = Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def _private() -> ec.EllipticCurvePrivateKey:
    # 512 bits folded into the group: no number is likelier than another by more than 2^-256
    wide = int.from_bytes(key("sealed items 1") + key("sealed items 2"))
    return ec.derive_private_key(wide % (_ORDER - 1) + 1, ec.SECP256R1())


def public() -> str:
    """The public key phones get at enrolment (`seal_key`): the uncompressed point, base64url without padding."""
    point = _private().public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(point).decode().rstrip("=")


def opened(enc: str, ct: str, info: bytes) -> bytes | None:
    """What was sealed, or None: another key, another place, or it was changed on its way."""
    try:
        return SUITE.decrypt(_raw(enc) + _raw(ct), _private(), info)
    except (InvalidTag, ValueError, binascii.Error):
        return None


def _raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
