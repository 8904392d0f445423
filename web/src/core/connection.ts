// A logged-in connection to the relay (client/connection.h), over a browser's WebSocket.
//
// `request` waits for its answer; a Failure becomes a CandourError with the relay's code. Frames
// nobody asked for, and answers to `sendRequest`, are kept in order for `take`.
import { type MessageInitShape, create, fromBinary, toBinary } from '@bufbuild/protobuf'

import { type Bytes, copyOf, fromHex, sha256, utf8 } from './bytes.ts'
import { Writer } from './codec.ts'
import type { Environment, Socket } from './environment.ts'
import { CandourError, fault } from './failure.ts'
import type { SigningKey } from './keys.ts'
import { frameSizeMax, loginTimeoutMs, requestTimeoutMs } from './limits.ts'
import {
  ClientFrameSchema,
  type LoggedIn,
  type ServerFrame,
  ServerFrameSchema,
} from './wire/candour_pb.ts'

export const clientBuild = 'candour-web/0.1.0'
const path = '/v1'
const subprotocol = 'candour.v1'
// A relay that floods is cut off here rather than eating the memory of the device.
const inboxMax = 100_000
const inboxBytesMax = 64 * frameSizeMax
/** However long the relay says: a person should not wait for longer than this. */
export const retryAfterMaxMs = 60_000

export type ClientBody = NonNullable<MessageInitShape<typeof ClientFrameSchema>['body']>

/** The connection is gone; says when to come back where the relay said so. */
export class Disconnected extends CandourError {
  override readonly connectionEnded = true
  readonly retryAfterMs: number | null
  /** Not to be tried again without a person. */
  readonly lasting: boolean
  constructor(code: string, message: string, retryAfterMs: number | null, lasting: boolean) {
    super(code, message)
    this.retryAfterMs = retryAfterMs
    this.lasting = lasting
  }
}

function closedBecause(code: number, reason: string): Disconnected {
  const retry = /retry_after_ms=(\d{1,7})/.exec(reason)
  const retryAfterMs = retry ? Math.min(Number(retry[1]), retryAfterMaxMs) : null
  if (code === 4001) {
    const message = 'this device logged in somewhere else; close it there, then connect again'
    return new Disconnected('state_locked', message, null, true)
  }
  if (code === 4003) return new Disconnected('device_revoked', 'this device was revoked', null, true)
  const why = code === 4008 ? 'this device read too slowly' : 'the connection to the relay ended'
  return new Disconnected('disconnected', why, retryAfterMs, false)
}

/** What the relay and this page both know of the connection (identity/login.h). */
const channelBinding = (url: URL): Bytes =>
  sha256(utf8('candour web channel v1'), Uint8Array.of(0), utf8(url.host))

// Of the relay they say nothing about this device, where the same codes end everything.
const relaysOwn = new Set(['', 'internal', 'storage_failed', 'state_damaged'])

/** Failures of the relay itself mean here: not now, ask again on the next connection. */
export function checkFailure(frame: ServerFrame): void {
  if (frame.body.case !== 'failure') return
  const { code, message } = frame.body.value
  if (relaysOwn.has(code)) throw fault('disconnected', `the relay has a fault of its own: ${message}`)
  throw fault(code, message)
}

export interface DeviceLogin {
  readonly device: string
  readonly key: SigningKey
  readonly certificate: string
}

export class Connection {
  readonly logOrigin: string
  readonly loggedIn: LoggedIn
  readonly #wire: Wire

  private constructor(wire: Wire, logOrigin: string, loggedIn: LoggedIn) {
    this.#wire = wire
    this.logOrigin = logOrigin
    this.loggedIn = loggedIn
  }

  static async open(env: Environment, relay: string, login: DeviceLogin): Promise<Connection> {
    const url = new URL(path, relay)
    const wire = await Wire.open(env, url)
    try {
      const first = await wire.first()
      checkFailure(first)
      if (first.body.case !== 'challenge' || first.body.value.nonce.length !== 32) {
        throw fault(
          'frame_malformed',
          'the relay did not begin with a challenge; is this address a Candour relay?',
        )
      }
      const { nonce, logOrigin } = first.body.value
      const device = fromHex(login.device) as Bytes
      const transcript = new Writer()
        .vec(logOrigin)
        .vec(nonce)
        .vec(channelBinding(url))
        .vec(device)
        .vec(clientBuild)
        .take()
      const answer = await wire.request(
        {
          case: 'login',
          value: {
            version: 1,
            device,
            clientBuild,
            certificate: utf8(login.certificate),
            signature: await login.key.signLabelled('candour login v1', transcript),
          },
        },
        loginTimeoutMs,
      )
      if (answer.body.case !== 'loggedIn') {
        throw fault('frame_malformed', 'the relay answered the login with another frame')
      }
      return new Connection(wire, logOrigin, answer.body.value)
    } catch (thrown) {
      wire.close()
      throw thrown
    }
  }

  /** Calls back whenever `take` may have something, and once the connection has ended. */
  onActivity(listener: () => void): void {
    this.#wire.listener = listener
  }
  take(max: number): ServerFrame[] {
    return this.#wire.take(max)
  }
  /** Why it ended; null while it stands. */
  get ended(): Disconnected | null {
    return this.#wire.ended
  }
  request(body: ClientBody, timeoutMs = requestTimeoutMs): Promise<ServerFrame> {
    return this.#wire.request(body, timeoutMs)
  }
  /** Sends all at once; the answers in the order of `bodies`, Failures included. */
  requestAll(bodies: readonly ClientBody[]): Promise<ServerFrame[]> {
    return Promise.all(bodies.map((body) => this.#wire.ask(body, requestTimeoutMs)))
  }
  /** Returns at once; the answer comes through `take` with this number in replyTo. */
  sendRequest(body: ClientBody): bigint {
    return this.#wire.send(body)
  }
  /** Wants no answer. */
  send(body: ClientBody): void {
    this.#wire.sendQuietly(body)
  }
  close(): void {
    this.#wire.close()
  }
}

interface Waiting {
  resolve(frame: ServerFrame): void
  reject(reason: CandourError): void
}

/** Frames in and out. */
class Wire {
  readonly #inbox: { frame: ServerFrame; size: number }[] = []
  #inboxBytes = 0
  listener: () => void = () => {}
  ended: Disconnected | null = null
  readonly #socket: Socket
  readonly #waiting = new Map<bigint, Waiting>()
  #next = 1n
  #first: Waiting | null = null

  private constructor(socket: Socket) {
    this.#socket = socket
  }

  static open(env: Environment, url: URL): Promise<Wire> {
    return new Promise((resolve, reject) => {
      const unreachable = () =>
        reject(fault('cannot_connect', `the relay at ${url.host} cannot be reached`))
      let socket: Socket
      try {
        socket = env.openSocket(url.href, subprotocol)
      } catch {
        return unreachable()
      }
      socket.binaryType = 'arraybuffer'
      const wire = new Wire(socket)
      const timer = setTimeout(() => {
        unreachable()
        wire.close()
      }, loginTimeoutMs)
      socket.onopen = () => {
        clearTimeout(timer)
        resolve(wire)
      }
      socket.onmessage = (event) => wire.#receive(event.data)
      socket.onerror = () => {}
      socket.onclose = (event) => {
        clearTimeout(timer)
        unreachable()
        wire.#end(closedBecause(event.code, event.reason))
      }
      return undefined
    })
  }

  take(max: number): ServerFrame[] {
    const taken = this.#inbox.splice(0, max)
    for (const { size } of taken) this.#inboxBytes -= size
    return taken.map(({ frame }) => frame)
  }

  /** The relay speaks first. */
  first(): Promise<ServerFrame> {
    const [early] = this.take(1)
    if (early !== undefined) return Promise.resolve(early)
    return this.#within(loginTimeoutMs, (waiting) => {
      this.#first = waiting
    })
  }

  async request(body: ClientBody, timeoutMs: number): Promise<ServerFrame> {
    const answer = await this.ask(body, timeoutMs)
    checkFailure(answer)
    return answer
  }
  ask(body: ClientBody, timeoutMs: number): Promise<ServerFrame> {
    return this.#within(timeoutMs, (waiting) => {
      this.#waiting.set(this.send(body), waiting)
    })
  }
  send(body: ClientBody): bigint {
    const request = this.#next++
    this.#write(request, body)
    return request
  }
  sendQuietly(body: ClientBody): void {
    this.#write(0n, body)
  }
  close(): void {
    this.#socket.close()
    this.#end(new Disconnected('disconnected', 'the connection was closed here', null, false))
  }

  #within(timeoutMs: number, start: (waiting: Waiting) => void): Promise<ServerFrame> {
    return new Promise((resolve, reject) => {
      if (this.ended !== null) return reject(this.ended)
      const timer = setTimeout(() => {
        reject(fault('timed_out', 'the relay did not answer in time'))
      }, timeoutMs)
      const waiting = {
        resolve: (frame: ServerFrame) => {
          clearTimeout(timer)
          resolve(frame)
        },
        reject: (reason: CandourError) => {
          clearTimeout(timer)
          reject(reason)
        },
      }
      try {
        start(waiting)
      } catch (thrown) {
        clearTimeout(timer)
        reject(thrown)
      }
      return undefined
    })
  }

  #write(request: bigint, body: ClientBody): void {
    if (this.ended !== null) throw this.ended
    const bytes = toBinary(ClientFrameSchema, create(ClientFrameSchema, { request, body }))
    if (bytes.length > frameSizeMax) {
      throw fault('frame_too_large', 'the frame is larger than the relay accepts (1 MiB)')
    }
    this.#socket.send(copyOf(bytes))
  }

  #receive(data: unknown): void {
    if (this.ended !== null) return
    let frame: ServerFrame
    try {
      if (!(data instanceof ArrayBuffer) || data.byteLength > frameSizeMax) throw new Error('size')
      frame = fromBinary(ServerFrameSchema, new Uint8Array(data))
    } catch {
      this.#refuse('frame_malformed', 'the relay sent a frame that cannot be read')
      return
    }
    const waiting = this.#waiting.get(frame.replyTo)
    if (waiting !== undefined) {
      this.#waiting.delete(frame.replyTo)
      waiting.resolve(frame)
    } else if (this.#first !== null) {
      const first = this.#first
      this.#first = null
      first.resolve(frame)
    } else if (this.#inbox.length >= inboxMax || this.#inboxBytes > inboxBytesMax) {
      this.#refuse('queue_full', 'the relay sent more frames than this device can keep')
    } else {
      const size = (data as ArrayBuffer).byteLength
      this.#inbox.push({ frame, size })
      this.#inboxBytes += size
      this.listener()
    }
  }

  #refuse(code: string, message: string): void {
    this.#end(new Disconnected(code, message, null, false))
    this.#socket.close()
  }

  #end(why: Disconnected): void {
    if (this.ended !== null) return
    this.ended = why
    const waiting = [...this.#waiting.values(), ...(this.#first ? [this.#first] : [])]
    this.#waiting.clear()
    for (const one of waiting) one.reject(why)
    this.listener()
  }
}

