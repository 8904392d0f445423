// A browser's core in this process: IndexedDB of fake-indexeddb, WebSocket of `ws`, the lock of a
// map. Everything else is what runs in a browser.
import 'fake-indexeddb/auto';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import WebSocket from 'ws';
import { openCore } from '../src/core/core.js';
const held = new Map();
/** One holder of a name in this process, as Web Locks give it in a browser. */
async function lock(name, busy) {
    for (let other = held.get(name); other !== undefined; other = held.get(name)) {
        busy();
        await other.released;
    }
    let release = () => { };
    const released = new Promise((resolve) => {
        release = () => {
            held.delete(name);
            resolve();
        };
    });
    held.set(name, { released, release });
    return release;
}
// Every transaction of fake-indexeddb asks the page that opened its connection: a page that is gone
// writes nothing more, whatever it was in the middle of.
const pages = new Map();
const owners = new WeakMap();
const begin = IDBDatabase.prototype.transaction;
IDBDatabase.prototype.transaction = function (...given) {
    const owner = owners.get(this) ?? pages.get(this.name);
    if (owner !== undefined) {
        owners.set(this, owner);
        if (given[1] === 'readwrite' && !owner.gone)
            owner.onCommit();
        if (owner.gone)
            throw new Error('this page is gone');
    }
    return begin.apply(this, given);
};
export const value = (result) => {
    if (result.ok)
        return result.value;
    throw new Error(`${result.error.code}: ${result.error.message}`);
};
export const codeOf = (result) => (result.ok ? 'ok' : result.error.code);
export async function eventually(what, done) {
    const deadline = Date.now() + 30_000;
    while (!(await done())) {
        if (Date.now() > deadline)
            assert.fail(`not within 30 s: ${what}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
}
export class Device {
    core;
    changes = [];
    name;
    world;
    #life = { gone: false, onCommit: () => { } };
    #sockets = [];
    constructor(name, world) {
        this.name = name;
        this.world = world;
    }
    static async open(name, world) {
        const device = new Device(name, world);
        await device.reopen();
        return device;
    }
    /** A new page over the same state. */
    async reopen() {
        const life = { gone: false, onCommit: () => this.world.onCommit?.() };
        this.#life = life;
        pages.set(this.name, life);
        const core = await openCore(this.environment(life));
        this.core = core;
        core.subscribe((change) => {
            if (life.gone)
                return;
            this.changes.push(change);
        });
    }
    /** The page is gone, as when its process is killed: nothing more leaves it. */
    crash() {
        this.#life.gone = true;
        for (const socket of this.#sockets)
            socket.terminate();
        // Only so that its timers do not keep this process alive; it writes and sends nothing any more.
        void this.core.lock();
        held.get(`candour-core ${this.name}`)?.release();
    }
    environment(life) {
        return {
            now: () => Date.now(),
            monotonic: () => performance.now(),
            database: this.name,
            lock: (name, busy) => lock(`${name} ${this.name}`, busy),
            onOnline: () => () => { },
            openSocket: (url, protocol) => {
                if (life.gone)
                    throw new Error('this page is gone');
                const inner = new WebSocket(url, protocol, { ca: this.world.ca });
                this.#sockets.push(inner);
                inner.binaryType = 'arraybuffer';
                const socket = {
                    binaryType: 'arraybuffer',
                    bufferedAmount: 0,
                    onopen: null,
                    onmessage: null,
                    onclose: null,
                    onerror: null,
                    send: (bytes) => {
                        if (!life.gone)
                            this.world.onSend?.(bytes);
                        if (!life.gone)
                            inner.send(bytes);
                    },
                    close: () => inner.close(),
                };
                inner.onopen = (event) => socket.onopen?.(event);
                inner.onerror = (event) => socket.onerror?.(event);
                inner.onclose = ({ code, reason }) => {
                    if (!life.gone)
                        socket.onclose?.({ code, reason });
                };
                inner.onmessage = ({ data }) => {
                    const frame = new Uint8Array(data);
                    for (const given of this.world.onReceive?.(frame) ?? [frame]) {
                        if (!life.gone)
                            socket.onmessage?.({ data: given.slice().buffer });
                    }
                };
                return socket;
            },
        };
    }
    until(what, done) {
        return eventually(`${this.name}: ${what}`, () => done(this.core.state()));
    }
    async lines(group) {
        return value(await this.core.messages(group, { limit: 1000 })).messages;
    }
    async texts(group) {
        const lines = await this.lines(group);
        return lines.filter((m) => m.kind === 'text' && m.state === 'delivered').map((m) => m.text);
    }
    async line(group, id) {
        return (await this.lines(group)).find((m) => m.id === id);
    }
    async untilLine(group, id, what, done) {
        let found;
        await eventually(`${this.name}: message ${what}`, async () => {
            found = await this.line(group, id);
            return found !== undefined && done(found);
        });
        return found;
    }
}
export const caOf = (organisation) => readFileSync(`${organisation}/public/tls.crt`, 'utf8');
