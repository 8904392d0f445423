// A logged-in connection to the relay (client/connection.h), over a browser's WebSocket.
//
// `request` waits for its answer; a Failure becomes a CandourError with the relay's code. Frames
// nobody asked for, and answers to `sendRequest`, are kept in order for `take`.
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { copyOf, fromHex, sha256, utf8 } from './bytes.js';
import { Writer } from './codec.js';
import { CandourError, fault } from './failure.js';
import { frameSizeMax, loginTimeoutMs, requestTimeoutMs } from './limits.js';
import { ClientFrameSchema, ServerFrameSchema, } from './wire/candour_pb.js';
export const clientBuild = 'candour-web/0.1.0';
const path = '/v1';
const subprotocol = 'candour.v1';
// A relay that floods is cut off here rather than eating the memory of the device.
const inboxMax = 100_000;
/** The connection is gone; says when to come back where the relay said so. */
export class Disconnected extends CandourError {
    retryAfterMs;
    /** Not to be tried again without a person. */
    lasting;
    constructor(code, message, retryAfterMs, lasting) {
        super(code, message);
        this.retryAfterMs = retryAfterMs;
        this.lasting = lasting;
    }
}
function closedBecause(code, reason) {
    const retry = /retry_after_ms=(\d{1,7})/.exec(reason);
    const retryAfterMs = retry ? Number(retry[1]) : null;
    if (code === 4001) {
        const message = 'this device logged in somewhere else; close it there, then connect again';
        return new Disconnected('state_locked', message, null, true);
    }
    if (code === 4003)
        return new Disconnected('device_revoked', 'this device was revoked', null, true);
    const why = code === 4008 ? 'this device read too slowly' : 'the connection to the relay ended';
    return new Disconnected('disconnected', why, retryAfterMs, false);
}
/** What the relay and this page both know of the connection (identity/login.h). */
const channelBinding = (url) => sha256(utf8('candour web channel v1'), Uint8Array.of(0), utf8(url.host));
/** Failures about the relay's own disk mean here: not now, ask again on the next connection. */
export function checkFailure(frame) {
    if (frame.body.case !== 'failure')
        return;
    const { code, message } = frame.body.value;
    if (code === 'storage_failed' || code === 'state_damaged') {
        throw fault('disconnected', `the relay stores nothing now: ${message}`);
    }
    throw fault(code || 'internal', message);
}
export class Connection {
    logOrigin;
    loggedIn;
    #wire;
    constructor(wire, logOrigin, loggedIn) {
        this.#wire = wire;
        this.logOrigin = logOrigin;
        this.loggedIn = loggedIn;
    }
    static async open(env, relay, login) {
        const url = new URL(path, relay);
        const wire = await Wire.open(env, url);
        try {
            const first = await wire.first();
            checkFailure(first);
            if (first.body.case !== 'challenge' || first.body.value.nonce.length !== 32) {
                throw fault('frame_malformed', 'the relay did not begin with a challenge; is this address a Candour relay?');
            }
            const { nonce, logOrigin } = first.body.value;
            const device = fromHex(login.device);
            const transcript = new Writer()
                .vec(logOrigin)
                .vec(nonce)
                .vec(channelBinding(url))
                .vec(device)
                .vec(clientBuild)
                .take();
            const answer = await wire.request({
                case: 'login',
                value: {
                    version: 1,
                    device,
                    clientBuild,
                    certificate: utf8(login.certificate),
                    signature: await login.key.signLabelled('candour login v1', transcript),
                },
            }, loginTimeoutMs);
            if (answer.body.case !== 'loggedIn') {
                throw fault('frame_malformed', 'the relay answered the login with another frame');
            }
            return new Connection(wire, logOrigin, answer.body.value);
        }
        catch (thrown) {
            wire.close();
            throw thrown;
        }
    }
    /** Calls back whenever `take` may have something, and once the connection has ended. */
    onActivity(listener) {
        this.#wire.listener = listener;
    }
    take(max) {
        return this.#wire.inbox.splice(0, max);
    }
    /** Why it ended; null while it stands. */
    get ended() {
        return this.#wire.ended;
    }
    request(body, timeoutMs = requestTimeoutMs) {
        return this.#wire.request(body, timeoutMs);
    }
    /** Sends all at once; the answers in the order of `bodies`, Failures included. */
    requestAll(bodies) {
        return Promise.all(bodies.map((body) => this.#wire.ask(body, requestTimeoutMs)));
    }
    /** Returns at once; the answer comes through `take` with this number in replyTo. */
    sendRequest(body) {
        return this.#wire.send(body);
    }
    /** Wants no answer. */
    send(body) {
        this.#wire.sendQuietly(body);
    }
    close() {
        this.#wire.close();
    }
}
/** Frames in and out. */
class Wire {
    inbox = [];
    listener = () => { };
    ended = null;
    #socket;
    #waiting = new Map();
    #next = 1n;
    #first = null;
    constructor(socket) {
        this.#socket = socket;
    }
    static open(env, url) {
        return new Promise((resolve, reject) => {
            const unreachable = () => reject(fault('cannot_connect', `the relay at ${url.host} cannot be reached`));
            let socket;
            try {
                socket = env.openSocket(url.href, subprotocol);
            }
            catch {
                return unreachable();
            }
            socket.binaryType = 'arraybuffer';
            const wire = new Wire(socket);
            const timer = setTimeout(() => {
                unreachable();
                wire.close();
            }, loginTimeoutMs);
            socket.onopen = () => {
                clearTimeout(timer);
                resolve(wire);
            };
            socket.onmessage = (event) => wire.#receive(event.data);
            socket.onerror = () => { };
            socket.onclose = (event) => {
                clearTimeout(timer);
                unreachable();
                wire.#end(closedBecause(event.code, event.reason));
            };
            return undefined;
        });
    }
    /** The relay speaks first. */
    first() {
        const early = this.inbox.shift();
        if (early !== undefined)
            return Promise.resolve(early);
        return this.#within(loginTimeoutMs, (waiting) => {
            this.#first = waiting;
        });
    }
    async request(body, timeoutMs) {
        const answer = await this.ask(body, timeoutMs);
        checkFailure(answer);
        return answer;
    }
    ask(body, timeoutMs) {
        return this.#within(timeoutMs, (waiting) => {
            this.#waiting.set(this.send(body), waiting);
        });
    }
    send(body) {
        const request = this.#next++;
        this.#write(request, body);
        return request;
    }
    sendQuietly(body) {
        this.#write(0n, body);
    }
    close() {
        this.#socket.close();
        this.#end(new Disconnected('disconnected', 'the connection was closed here', null, false));
    }
    #within(timeoutMs, start) {
        return new Promise((resolve, reject) => {
            if (this.ended !== null)
                return reject(this.ended);
            const timer = setTimeout(() => {
                reject(fault('timed_out', 'the relay did not answer in time'));
            }, timeoutMs);
            const waiting = {
                resolve: (frame) => {
                    clearTimeout(timer);
                    resolve(frame);
                },
                reject: (reason) => {
                    clearTimeout(timer);
                    reject(reason);
                },
            };
            try {
                start(waiting);
            }
            catch (thrown) {
                clearTimeout(timer);
                reject(thrown);
            }
            return undefined;
        });
    }
    #write(request, body) {
        if (this.ended !== null)
            throw this.ended;
        const bytes = toBinary(ClientFrameSchema, create(ClientFrameSchema, { request, body }));
        if (bytes.length > frameSizeMax) {
            throw fault('frame_too_large', 'the frame is larger than the relay accepts (1 MiB)');
        }
        this.#socket.send(copyOf(bytes));
    }
    #receive(data) {
        if (this.ended !== null)
            return;
        let frame;
        try {
            if (!(data instanceof ArrayBuffer))
                throw new Error('text');
            frame = fromBinary(ServerFrameSchema, new Uint8Array(data));
        }
        catch {
            this.#refuse('frame_malformed', 'the relay sent a frame that cannot be read');
            return;
        }
        const waiting = this.#waiting.get(frame.replyTo);
        if (waiting !== undefined) {
            this.#waiting.delete(frame.replyTo);
            waiting.resolve(frame);
        }
        else if (this.#first !== null) {
            const first = this.#first;
            this.#first = null;
            first.resolve(frame);
        }
        else if (this.inbox.length >= inboxMax) {
            this.#refuse('queue_full', 'the relay sent more frames than this device can keep');
        }
        else {
            this.inbox.push(frame);
            this.listener();
        }
    }
    #refuse(code, message) {
        this.#end(new Disconnected(code, message, null, false));
        this.#socket.close();
    }
    #end(why) {
        if (this.ended !== null)
            return;
        this.ended = why;
        const waiting = [...this.#waiting.values(), ...(this.#first ? [this.#first] : [])];
        this.#waiting.clear();
        for (const one of waiting)
            one.reject(why);
        this.listener();
    }
}
