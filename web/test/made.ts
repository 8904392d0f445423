// What the tests of formats share: bytes made by candour-web-fixtures, and the keys it made them with.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'

import { type Bytes, concat, copyOf, fromHex, hex } from '../src/core/bytes.ts'
import { SigningKey } from '../src/core/keys.ts'
import { parseKey } from '../src/core/note.ts'
import { verifyStatement } from '../src/core/statement.ts'

const made = JSON.parse(readFileSync(process.env.CANDOUR_FIXTURES as string, 'utf8')) as Record<
  string,
  string
>
export const text = (name: string): string => made[name] as string
export const bytes = (name: string): Bytes => fromHex(text(name)) as Bytes
export const filled = (size: number, byte: number): string => hex(new Uint8Array(size).fill(byte))
export const time = 1_790_000_000_000

export const group = filled(16, 1)
export const message = filled(16, 3)

/** As made from seeds of one repeated byte. */
async function signingKey(number: number): Promise<SigningKey> {
  const pkcs8 = concat(
    fromHex('302e020100300506032b657004220420') as Bytes,
    new Uint8Array(32).fill(number),
  )
  const { subtle } = crypto
  const key = await subtle.importKey('pkcs8', pkcs8, 'Ed25519', true, ['sign'])
  const { x } = await subtle.exportKey('jwk', key)
  return new SigningKey(copyOf(Buffer.from(x as string, 'base64url')), key)
}
async function sealingKeys(number: number): Promise<CryptoKeyPair> {
  const prefix = fromHex('302e020100300506032b656e04220420') as Bytes
  const pkcs8 = concat(prefix, new Uint8Array(32).fill(number))
  const { subtle } = crypto
  const exportable = await subtle.importKey('pkcs8', pkcs8, 'X25519', true, ['deriveBits'])
  const { x } = await subtle.exportKey('jwk', exportable)
  const raw = copyOf(Buffer.from(x as string, 'base64url'))
  return {
    privateKey: await subtle.importKey('pkcs8', pkcs8, 'X25519', false, ['deriveBits']),
    publicKey: await subtle.importKey('raw', raw, 'X25519', true, []),
  }
}
export const device = await signingKey(9)
export const botKey = (await signingKey(8)).publicKey
export const sealing = await sealingKeys(9)
export const root = parseKey(text('root'))
export const statement = await verifyStatement(text('statement'), root)

export const rejects = (code: string, work: () => Promise<unknown> | unknown) =>
  assert.rejects(async () => work(), (thrown: { code?: string }) => thrown.code === code)

/** Cut short by each length, one byte longer, and with one bit turned in each byte. */
export async function refusesDamage(good: Bytes, read: (damaged: Bytes) => Promise<unknown> | unknown) {
  const damaged: Bytes[] = [concat(good, Uint8Array.of(0))]
  for (let i = 0; i < good.length; i += Math.max(1, Math.floor(good.length / 97))) {
    damaged.push(good.slice(0, i))
    const turned = good.slice()
    turned[i] = (turned[i] as number) ^ 1
    damaged.push(turned)
  }
  for (const one of damaged) {
    await assert.rejects(
      async () => read(one),
      (thrown: { code?: string }) => typeof thrown.code === 'string',
      `accepted: ${hex(one)}`,
    )
  }
}
