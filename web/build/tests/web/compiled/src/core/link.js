import { Connection, Disconnected } from './connection.js';
import { CandourError, asFailure, codeOf } from './failure.js';
const firstPauseMs = 500;
const longestPauseMs = 30_000;
const tickMs = 1_000;
const quietMs = 20_000;
const pongTimeoutMs = 15_000;
/** What no new attempt will change without a person. */
const lasting = new Set([
    'unknown_device',
    'device_revoked',
    'foreign_certificate',
    'certificate_expired',
    'client_build_unlisted',
    'wrong_root_key',
    'log_inconsistent',
]);
export class Link {
    current = { state: 'offline', failure: null, retryAt: null };
    #engine;
    #changed;
    #wanted = false;
    #attempts = 0;
    #timer = null;
    #tick = null;
    #connecting = false;
    #lastPing = 0;
    #unsubscribe;
    constructor(engine, changed) {
        this.#engine = engine;
        this.#changed = changed;
        this.#unsubscribe = engine.env.onOnline(() => this.#soon(0));
    }
    start() {
        this.#wanted = true;
        this.#attempts = 0;
        this.#tick ??= setInterval(() => this.#onTick(), tickMs);
        this.#soon(0);
    }
    async stop() {
        this.#wanted = false;
        this.#clear();
        await this.#engine.exclusive(async () => this.#engine.dropConnection()).catch(() => undefined);
        this.#set({ state: 'offline', failure: null, retryAt: null });
    }
    close() {
        this.#wanted = false;
        this.#clear();
        this.#unsubscribe();
        this.#engine.dropConnection();
    }
    #clear() {
        if (this.#timer !== null)
            clearTimeout(this.#timer);
        if (this.#tick !== null)
            clearInterval(this.#tick);
        this.#timer = null;
        this.#tick = null;
    }
    #set(state) {
        this.current = state;
        this.#changed();
    }
    /** `caughtUp` of the engine shows as online. */
    view() {
        const { state } = this.current;
        const online = state === 'catching-up' && this.#engine.caughtUp;
        return online ? { ...this.current, state: 'online' } : this.current;
    }
    #soon(ms) {
        if (!this.#wanted || this.#connecting || this.#engine.connection !== null)
            return;
        if (this.#timer !== null)
            clearTimeout(this.#timer);
        this.#timer = setTimeout(() => void this.#connect(), ms);
    }
    async #connect() {
        this.#timer = null;
        if (!this.#wanted || this.#connecting)
            return;
        this.#connecting = true;
        this.#set({ state: 'connecting', failure: null, retryAt: null });
        const { env, profile, keys, certificate } = this.#engine;
        try {
            const login = { device: keys.device, key: keys.signing, certificate };
            const connection = await Connection.open(env, profile.relay, login);
            await this.#engine.takeLogin(connection);
            this.#connecting = false;
            this.#attempts = 0;
            this.#lastPing = env.monotonic();
            if (!this.#wanted)
                return void (await this.stop());
            this.#set({ state: 'catching-up', failure: null, retryAt: null });
        }
        catch (thrown) {
            this.#connecting = false;
            this.failed(asFailure(thrown), thrown instanceof Disconnected ? thrown : null);
        }
    }
    /** The connection ended, or could not be made. */
    failed(failure, why) {
        if (!this.#wanted)
            return;
        if (why?.lasting || lasting.has(failure.code)) {
            return this.#set({ state: 'refused', failure, retryAt: null });
        }
        const longest = Math.min(firstPauseMs * 2 ** this.#attempts, longestPauseMs);
        this.#attempts += 1;
        const pause = why?.retryAfterMs ?? longest / 2 + (Math.random() * longest) / 2;
        this.#set({ state: 'offline', failure, retryAt: this.#engine.now() + pause });
        this.#soon(pause);
    }
    #onTick() {
        const { connection, env } = this.#engine;
        if (connection === null)
            return;
        this.#engine.pump();
        if (env.monotonic() - this.#lastPing < quietMs)
            return;
        this.#lastPing = env.monotonic();
        connection.request({ case: 'ping', value: {} }, pongTimeoutMs).catch((thrown) => {
            // Nothing comes any more: better a new connection than waiting for the old one to be missed.
            if (thrown instanceof CandourError && codeOf(thrown) === 'timed_out')
                connection.close();
        });
    }
}
