// Ed25519 and X25519 by WebCrypto, which keeps private keys out of reach of scripts where it can.
import { concat, copyOf, hex, sha256, utf8 } from './bytes.js';
import { fault } from './failure.js';
const publicKeys = new Map();
const publicKeysMax = 4096;
/** Imported once: the same few keys sign nearly everything. */
function importPublic(key) {
    const name = hex(key);
    let imported = publicKeys.get(name);
    if (!imported) {
        imported = crypto.subtle.importKey('raw', copyOf(key), 'Ed25519', true, ['verify']);
        if (publicKeys.size >= publicKeysMax)
            publicKeys.clear();
        publicKeys.set(name, imported);
    }
    return imported;
}
export async function verify(key, message, signature) {
    if (key.length !== 32 || signature.length !== 64)
        return false;
    try {
        const imported = await importPublic(key);
        return await crypto.subtle.verify('Ed25519', imported, copyOf(signature), copyOf(message));
    }
    catch {
        return false; // not a key at all
    }
}
const labelled = (label, message) => concat(utf8(label), Uint8Array.of(0), message);
export const verifyLabelled = (key, label, message, signature) => verify(key, labelled(label, message), signature);
/** The device's own signing key. */
export class SigningKey {
    publicKey;
    #key;
    constructor(publicKey, key) {
        this.publicKey = publicKey;
        this.#key = key;
    }
    async sign(message) {
        return new Uint8Array(await crypto.subtle.sign('Ed25519', this.#key, copyOf(message)));
    }
    signLabelled(label, message) {
        return this.sign(labelled(label, message));
    }
}
/** SHA-256 of the signing key. */
export const deviceOf = (signingKey) => hex(sha256(signingKey));
const gcm = (nonce) => ({ name: 'AES-GCM', iv: nonce });
async function generate(algorithm, usages, wrapping) {
    const pair = (await crypto.subtle.generateKey(algorithm, true, usages));
    const nonce = crypto.getRandomValues(new Uint8Array(12));
    const wrapped = await crypto.subtle.wrapKey('pkcs8', pair.privateKey, wrapping, gcm(nonce));
    const publicKey = await crypto.subtle.exportKey('raw', pair.publicKey);
    return { wrapped: new Uint8Array(wrapped), nonce, publicKey: new Uint8Array(publicKey) };
}
/** Fresh keys; their bytes pass through no script. */
export async function generateKeys(wrapping) {
    const signing = await generate('Ed25519', ['sign', 'verify'], wrapping);
    const sealing = await generate('X25519', ['deriveBits'], wrapping);
    return {
        signingPublic: signing.publicKey,
        signing: signing.wrapped,
        signingNonce: signing.nonce,
        sealingPublic: sealing.publicKey,
        sealing: sealing.wrapped,
        sealingNonce: sealing.nonce,
    };
}
export async function unwrapKeys(wrapped, wrapping) {
    try {
        const { subtle } = crypto;
        const unwrap = (key, nonce, algorithm, usages) => subtle.unwrapKey('pkcs8', key, wrapping, gcm(nonce), algorithm, false, usages);
        const signing = await unwrap(wrapped.signing, wrapped.signingNonce, 'Ed25519', ['sign']);
        const sealing = await unwrap(wrapped.sealing, wrapped.sealingNonce, 'X25519', ['deriveBits']);
        const sealingPublic = copyOf(wrapped.sealingPublic);
        const publicKey = await subtle.importKey('raw', sealingPublic, 'X25519', true, []);
        return {
            signing: new SigningKey(copyOf(wrapped.signingPublic), signing),
            sealing: { privateKey: sealing, publicKey },
            sealingPublic,
            device: deviceOf(wrapped.signingPublic),
        };
    }
    catch {
        throw fault('state_damaged', "this device's keys do not open; enrol it anew");
    }
}
