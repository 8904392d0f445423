// A device's state in IndexedDB, sealed: every value under AES-256-GCM (WebCrypto) with its key as
// associated data, so that two values cannot be swapped. The keys of rows are in the clear; they
// are random ids, numbers and names of kinds.
//
// The data key is wrapped by a key that scrypt makes of the passphrase: memory-hard, as the
// Argon2id of the terminal client is, and twice as fast as Argon2id in JavaScript at the same
// memory, which matters on a phone. PBKDF2, the one WebCrypto has, is not memory-hard.
//
// Writes gather in `atomically` and become durable together, in one IndexedDB transaction. One
// writer at a time is the caller's duty (Web Locks).
import { scryptAsync } from '@noble/hashes/scrypt.js'
import { type IDBPDatabase, deleteDB, openDB } from 'idb'

import { type Bytes, base64, concat, copyOf, fromBase64, randomBytes, utf8, wipe } from './bytes.ts'
import type { Environment } from './environment.ts'
import { CandourError, fault } from './failure.ts'

export type Key = readonly (string | number)[]
/** Plain data; Uint8Array anywhere in it. */
export type Value = unknown

const format = 3
const nonceSize = 12
/** About 0.5 s and 128 MiB on a small laptop. */
const kdf = { N: 2 ** 17, r: 8, p: 1 }
const passphraseMin = 8

interface Setup {
  readonly format: number
  readonly salt: Bytes
  readonly N: number
  readonly r: number
  readonly p: number
  readonly nonce: Bytes
  readonly dataKey: Bytes
}

// JSON with bytes in it. Text of people may begin with anything, so what begins like a tag of ours
// gets a tag of its own.
const bytesTag = '\u0000b'
const textTag = '\u0000t'

const toJson = (value: Value): string =>
  JSON.stringify(value, (_, part: unknown) =>
    part instanceof Uint8Array
      ? bytesTag + base64(part)
      : typeof part === 'string' && part.startsWith('\u0000')
        ? textTag + part
        : part,
  )

const fromJson = (text: string): Value =>
  JSON.parse(text, (_, part: unknown) => {
    if (typeof part !== 'string' || !part.startsWith('\u0000')) return part
    const rest = part.slice(bytesTag.length)
    return part.startsWith(bytesTag) ? fromBase64(rest) : rest
  })

async function passphraseKey(passphrase: string, setup: Omit<Setup, 'dataKey' | 'nonce'>) {
  const { N, r, p, salt } = setup
  const raw = copyOf(
    await scryptAsync(utf8(passphrase.normalize('NFC')), salt, { N, r, p, dkLen: 32 }),
  )
  const key = await crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['wrapKey', 'unwrapKey'])
  wipe(raw)
  return key
}

async function wrapDataKey(dataKey: CryptoKey, passphrase: string): Promise<Setup> {
  if ([...passphrase].length < passphraseMin) {
    throw fault('input_invalid', `the passphrase needs at least ${passphraseMin} characters`)
  }
  const base = { format, salt: randomBytes(16), ...kdf }
  const nonce = randomBytes(nonceSize)
  const wrapping = await passphraseKey(passphrase, base)
  const wrapped = await crypto.subtle.wrapKey('raw', dataKey, wrapping, {
    name: 'AES-GCM',
    iv: nonce,
  })
  return { ...base, nonce, dataKey: new Uint8Array(wrapped) }
}

async function unwrapDataKey(setup: Setup, passphrase: string, extractable: boolean) {
  if (setup.format !== format) {
    throw fault('state_damaged', 'the state in this browser is of another version; enrol anew')
  }
  const wrapping = await passphraseKey(passphrase, setup)
  try {
    return await crypto.subtle.unwrapKey(
      'raw',
      setup.dataKey,
      wrapping,
      { name: 'AES-GCM', iv: setup.nonce },
      'AES-GCM',
      extractable,
      ['encrypt', 'decrypt', 'wrapKey', 'unwrapKey'],
    )
  } catch {
    throw fault('input_invalid', 'the passphrase is not the right one')
  }
}

function openDatabase(env: Environment): Promise<IDBPDatabase> {
  return openDB(env.database, 1, {
    upgrade(database) {
      database.createObjectStore('plain')
      database.createObjectStore('sealed')
    },
  })
}

const storageFailed = (thrown: unknown) =>
  thrown instanceof CandourError
    ? thrown
    : fault('storage_failed', 'this browser could not read or store its state; is the disk full?')

/** Whether a device is enrolled here. */
export async function exists(env: Environment): Promise<boolean> {
  const database = await openDatabase(env)
  try {
    return (await database.get('plain', 'setup')) !== undefined
  } finally {
    database.close()
  }
}

export const destroy = (env: Environment): Promise<void> => deleteDB(env.database)

export class SealedDb {
  readonly #database: IDBPDatabase
  #dataKey: CryptoKey | null
  #batch: Map<string, { key: Key; value: Value | undefined }> | null = null

  private constructor(database: IDBPDatabase, dataKey: CryptoKey) {
    this.#database = database
    this.#dataKey = dataKey
  }

  static async create(env: Environment, passphrase: string): Promise<SealedDb> {
    const fresh = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, true, [
      'encrypt',
      'decrypt',
    ])
    const setup = await wrapDataKey(fresh, passphrase)
    const database = await openDatabase(env)
    if ((await database.get('plain', 'setup')) !== undefined) {
      database.close()
      throw fault('already_exists', 'a device is enrolled in this browser already')
    }
    await database.put('plain', setup, 'setup')
    return new SealedDb(database, await unwrapDataKey(setup, passphrase, false))
  }

  static async open(env: Environment, passphrase: string): Promise<SealedDb> {
    const database = await openDatabase(env)
    try {
      const setup = (await database.get('plain', 'setup')) as Setup | undefined
      if (setup === undefined) throw fault('not_found', 'no device is enrolled in this browser')
      return new SealedDb(database, await unwrapDataKey(setup, passphrase, false))
    } catch (thrown) {
      database.close()
      throw storageFailed(thrown)
    }
  }

  async changePassphrase(from: string, to: string): Promise<void> {
    const setup = (await this.#database.get('plain', 'setup')) as Setup
    const dataKey = await unwrapDataKey(setup, from, true)
    await this.#database.put('plain', await wrapDataKey(dataKey, to), 'setup')
  }

  /** Wraps the device's own keys; see keys.ts. */
  get dataKey(): CryptoKey {
    if (this.#dataKey === null) throw fault('state_locked', 'the app is locked')
    return this.#dataKey
  }

  close(): void {
    this.#dataKey = null
    this.#database.close()
  }

  async #seal(key: Key, value: Value): Promise<Bytes> {
    const raw = value instanceof Uint8Array
    const plaintext = raw
      ? concat(Uint8Array.of(1), value)
      : concat(Uint8Array.of(0), utf8(toJson(value)))
    const iv = randomBytes(nonceSize)
    const algorithm = { name: 'AES-GCM', iv, additionalData: utf8(JSON.stringify(key)) }
    const sealed = await crypto.subtle.encrypt(algorithm, this.dataKey, plaintext)
    wipe(plaintext)
    return concat(iv, new Uint8Array(sealed))
  }

  async #open(key: Key, sealed: Uint8Array): Promise<Value> {
    try {
      const algorithm = {
        name: 'AES-GCM',
        iv: copyOf(sealed.subarray(0, nonceSize)),
        additionalData: utf8(JSON.stringify(key)),
      }
      const box = copyOf(sealed.subarray(nonceSize))
      const opened = new Uint8Array(await crypto.subtle.decrypt(algorithm, this.dataKey, box))
      if (opened[0] === 1) return opened.slice(1)
      return fromJson(new TextDecoder().decode(opened.subarray(1)))
    } catch (thrown) {
      if (thrown instanceof CandourError) throw thrown
      throw fault('state_damaged', `a kept ${String(key[0])} of this device does not open`)
    }
  }

  async get(key: Key): Promise<Value | undefined> {
    const pending = this.#batch?.get(JSON.stringify(key))
    if (pending !== undefined) return pending.value
    try {
      const sealed = (await this.#database.get('sealed', key as IDBValidKey)) as Bytes | undefined
      return sealed === undefined ? undefined : await this.#open(key, sealed)
    } catch (thrown) {
      throw storageFailed(thrown)
    }
  }

  /** All rows whose key begins with `prefix`; what the present batch changes is not in it. */
  async all(prefix: Key): Promise<readonly { key: Key; value: Value }[]> {
    const range = IDBKeyRange.bound(prefix, [...prefix, []])
    return this.#rows(range, null, 'next')
  }

  /** At most `limit` rows of `prefix` with a number below `before`, highest first. */
  async before(prefix: Key, before: number, limit: number) {
    const range = IDBKeyRange.bound(prefix, [...prefix, before], false, true)
    return this.#rows(range, limit, 'prev')
  }

  async #rows(range: IDBKeyRange, limit: number | null, direction: IDBCursorDirection) {
    try {
      const found: { key: Key; sealed: Bytes }[] = []
      const store = this.#database.transaction('sealed').store
      let cursor = await store.openCursor(range, direction)
      while (cursor !== null && (limit === null || found.length < limit)) {
        found.push({ key: cursor.key as Key, sealed: cursor.value as Bytes })
        cursor = await cursor.continue()
      }
      return await Promise.all(
        found.map(async ({ key, sealed }) => ({ key, value: await this.#open(key, sealed) })),
      )
    } catch (thrown) {
      throw storageFailed(thrown)
    }
  }

  put(key: Key, value: Value): void {
    if (this.#batch === null) throw fault('internal', 'a write outside of a transaction')
    this.#batch.set(JSON.stringify(key), { key, value })
  }
  delete(key: Key): void {
    this.put(key, undefined)
  }
  /** In this batch and before it: all rows of `prefix`. */
  async deleteAll(prefix: Key): Promise<void> {
    const range = IDBKeyRange.bound(prefix, [...prefix, []])
    const keys = await this.#database.getAllKeys('sealed', range)
    for (const key of keys) this.delete(key as unknown as Key)
  }

  /**
   * Everything `work` puts is kept together once it returns, or nothing is: for good, or, relaxed,
   * until the power fails before `settle`.
   */
  async atomically(
    work: () => Promise<void>,
    durability: 'strict' | 'relaxed' = 'strict',
  ): Promise<void> {
    if (this.#batch !== null) throw fault('internal', 'two transactions at a time')
    this.#batch = new Map()
    try {
      await work()
      await this.#commit([...this.#batch.values()], durability)
    } finally {
      this.#batch = null
    }
  }

  /** Everything kept so far stays, whatever fails: databases keep the order of what is written. */
  async settle(): Promise<void> {
    try {
      const strict = { durability: 'strict' } as const
      const transaction = this.#database.transaction('plain', 'readwrite', strict)
      await Promise.all([transaction.store.put(1, 'settled'), transaction.done])
    } catch (thrown) {
      throw storageFailed(thrown)
    }
  }

  async #commit(
    writes: readonly { key: Key; value: Value | undefined }[],
    durability: 'strict' | 'relaxed',
  ): Promise<void> {
    if (writes.length === 0) return
    try {
      const sealed = await Promise.all(
        writes.map(async ({ key, value }) => ({
          key: key as IDBValidKey,
          box: value === undefined ? undefined : await this.#seal(key, value),
        })),
      )
      const transaction = this.#database.transaction('sealed', 'readwrite', { durability })
      const { store } = transaction
      const requests = sealed.map(({ key, box }) =>
        box === undefined ? store.delete(key) : store.put(box, key),
      )
      await Promise.all([...requests, transaction.done])
    } catch (thrown) {
      throw storageFailed(thrown)
    }
  }
}
