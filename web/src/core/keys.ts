// Ed25519 and X25519 by WebCrypto, which keeps private keys out of reach of scripts where it can.
import { type Bytes, concat, copyOf, hex, sha256, utf8 } from './bytes.ts'
import { fault } from './failure.ts'

const publicKeys = new Map<string, Promise<CryptoKey>>()
const publicKeysMax = 4096

/** Imported once: the same few keys sign nearly everything. */
function importPublic(key: Uint8Array): Promise<CryptoKey> {
  const name = hex(key)
  let imported = publicKeys.get(name)
  if (!imported) {
    imported = crypto.subtle.importKey('raw', copyOf(key), 'Ed25519', true, ['verify'])
    if (publicKeys.size >= publicKeysMax) publicKeys.clear()
    publicKeys.set(name, imported)
  }
  return imported
}

export async function verify(
  key: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  if (key.length !== 32 || signature.length !== 64) return false
  try {
    const imported = await importPublic(key)
    return await crypto.subtle.verify('Ed25519', imported, copyOf(signature), copyOf(message))
  } catch {
    return false // not a key at all
  }
}

const labelled = (label: string, message: Uint8Array): Bytes =>
  concat(utf8(label), Uint8Array.of(0), message)

export const verifyLabelled = (
  key: Uint8Array,
  label: string,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> => verify(key, labelled(label, message), signature)

/** The device's own signing key. */
export class SigningKey {
  readonly publicKey: Bytes
  readonly #key: CryptoKey

  constructor(publicKey: Bytes, key: CryptoKey) {
    this.publicKey = publicKey
    this.#key = key
  }
  async sign(message: Uint8Array): Promise<Bytes> {
    return new Uint8Array(await crypto.subtle.sign('Ed25519', this.#key, copyOf(message)))
  }
  signLabelled(label: string, message: Uint8Array): Promise<Bytes> {
    return this.sign(labelled(label, message))
  }
}

export interface DeviceKeys {
  readonly signing: SigningKey
  readonly sealing: CryptoKeyPair
  readonly sealingPublic: Bytes
  readonly device: string
}

/** SHA-256 of the signing key. */
export const deviceOf = (signingKey: Uint8Array): string => hex(sha256(signingKey))

/** Private keys as they are kept: wrapped by a key that the passphrase opens. */
export interface WrappedKeys {
  readonly signingPublic: Bytes
  readonly signing: Bytes
  readonly signingNonce: Bytes
  readonly sealingPublic: Bytes
  readonly sealing: Bytes
  readonly sealingNonce: Bytes
}

const gcm = (nonce: Bytes): AesGcmParams => ({ name: 'AES-GCM', iv: nonce })

async function generate(
  algorithm: 'Ed25519' | 'X25519',
  usages: KeyUsage[],
  wrapping: CryptoKey,
): Promise<{ wrapped: Bytes; nonce: Bytes; publicKey: Bytes }> {
  const pair = (await crypto.subtle.generateKey(algorithm, true, usages)) as CryptoKeyPair
  const nonce = crypto.getRandomValues(new Uint8Array(12))
  const wrapped = await crypto.subtle.wrapKey('pkcs8', pair.privateKey, wrapping, gcm(nonce))
  const publicKey = await crypto.subtle.exportKey('raw', pair.publicKey)
  return { wrapped: new Uint8Array(wrapped), nonce, publicKey: new Uint8Array(publicKey) }
}

/** Fresh keys; their bytes pass through no script. */
export async function generateKeys(wrapping: CryptoKey): Promise<WrappedKeys> {
  const signing = await generate('Ed25519', ['sign', 'verify'], wrapping)
  const sealing = await generate('X25519', ['deriveBits'], wrapping)
  return {
    signingPublic: signing.publicKey,
    signing: signing.wrapped,
    signingNonce: signing.nonce,
    sealingPublic: sealing.publicKey,
    sealing: sealing.wrapped,
    sealingNonce: sealing.nonce,
  }
}

export async function unwrapKeys(wrapped: WrappedKeys, wrapping: CryptoKey): Promise<DeviceKeys> {
  try {
    const { subtle } = crypto
    const unwrap = (key: Bytes, nonce: Bytes, algorithm: string, usages: KeyUsage[]) =>
      subtle.unwrapKey('pkcs8', key, wrapping, gcm(nonce), algorithm, false, usages)
    const signing = await unwrap(wrapped.signing, wrapped.signingNonce, 'Ed25519', ['sign'])
    const sealing = await unwrap(wrapped.sealing, wrapped.sealingNonce, 'X25519', ['deriveBits'])
    const sealingPublic = copyOf(wrapped.sealingPublic)
    const publicKey = await subtle.importKey('raw', sealingPublic, 'X25519', true, [])
    return {
      signing: new SigningKey(copyOf(wrapped.signingPublic), signing),
      sealing: { privateKey: sealing, publicKey },
      sealingPublic,
      device: deviceOf(wrapped.signingPublic),
    }
  } catch {
    throw fault('state_damaged', "this device's keys do not open; enrol it anew")
  }
}
