// HPKE (RFC 9180), base mode, DHKEM(X25519) with HKDF-SHA256 and ChaCha20-Poly1305: what ts-mls
// brings along anyway, over WebCrypto's X25519. And the boxes of crypto/aead.h.
import { Chacha20Poly1305 } from '@hpke/chacha20poly1305';
import { CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core';
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { concat, copyOf, hex, randomBytes, utf8 } from './bytes.js';
import { fault } from './failure.js';
const suite = new CipherSuite({
    kem: new DhkemX25519HkdfSha256(),
    kdf: new HkdfSha256(),
    aead: new Chacha20Poly1305(),
});
const buffer = (bytes) => copyOf(bytes).buffer;
/** Encapsulated key and tag. */
export const sealedBoxOverhead = 48;
const lowOrder = new Set([
    '00'.repeat(32),
    '01' + '00'.repeat(31),
    'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
    '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
    'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
]);
/** A public key that nothing can be sealed to (RFC 7748 section 6.1). */
export function ofLowOrder(key) {
    const masked = copyOf(key);
    masked[31] = masked[31] & 0x7f;
    return lowOrder.has(hex(masked));
}
export async function sealedBox(to, info, aad, plaintext) {
    if (ofLowOrder(to))
        throw fault('decryption_failed', 'X25519 public key of low order');
    const recipientPublicKey = await suite.kem.deserializePublicKey(buffer(to));
    const sender = await suite.createSenderContext({ recipientPublicKey, info: buffer(utf8(info)) });
    const sealed = await sender.seal(buffer(plaintext), buffer(aad));
    return concat(new Uint8Array(sender.enc), new Uint8Array(sealed));
}
export async function openSealedBox(mine, info, aad, box) {
    try {
        const recipient = await suite.createRecipientContext({
            recipientKey: mine,
            enc: buffer(box.subarray(0, 32)),
            info: buffer(utf8(info)),
        });
        return new Uint8Array(await recipient.open(buffer(box.subarray(32)), buffer(aad)));
    }
    catch {
        throw fault('decryption_failed', 'a sealed box does not open with the key of this device');
    }
}
const boxNonceSize = 24;
export function boxSeal(key, context, plaintext) {
    const nonce = randomBytes(boxNonceSize);
    return concat(nonce, xchacha20poly1305(key, nonce, context).encrypt(plaintext));
}
export function boxOpen(key, context, box) {
    try {
        const cipher = xchacha20poly1305(key, box.subarray(0, boxNonceSize), context);
        return copyOf(cipher.decrypt(box.subarray(boxNonceSize)));
    }
    catch {
        throw fault('decryption_failed', 'the ciphertext does not open under this key');
    }
}
