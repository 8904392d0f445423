export const inclusionLateMs = 60_000;
export const inclusionAskMs = 2_000;
export const watchedReceivedOneIn = 16;
const lateAskMs = 30_000;
const questionsMax = 32;
export class LogWatch {
    waiting = new Map();
    #store;
    #notBefore = new Map();
    #inFlight = new Set();
    constructor(store) {
        this.#store = store;
    }
    async load() {
        for (const record of await this.#store.watched())
            this.waiting.set(record.leaf, record);
    }
    add(record) {
        this.waiting.set(record.leaf, record);
        this.#notBefore.set(record.leaf, record.since + inclusionAskMs);
        this.#store.putWatched(record);
    }
    /** The receipt for an own message came and fits. */
    receiptCame(leaf) {
        const record = this.waiting.get(leaf);
        if (record === undefined || record.receipt)
            return;
        record.receipt = true;
        this.#settle(record);
    }
    /** On a new connection: questions are asked again. */
    restart() {
        this.#inFlight.clear();
        this.#notBefore.clear();
    }
    /** Another log follows: how many leaves were never shown to be in the old one. */
    beginAnew() {
        const open = [...this.waiting.values()].filter((record) => !record.included).length;
        this.waiting.clear();
        this.restart();
        return open;
    }
    /** So much time passed while connected. What became late just now, each once, ever. */
    tick(passedMs) {
        const late = [];
        for (const record of this.waiting.values()) {
            record.waitedMs += passedMs;
            const asked = record.refused || record.included || this.#inFlight.has(record.leaf);
            if (record.late || record.waitedMs < inclusionLateMs || !asked)
                continue;
            record.late = true;
            this.#store.putWatched(record);
            late.push(record);
        }
        return late;
    }
    questions(now) {
        const due = [];
        for (const { leaf, included } of this.waiting.values()) {
            if (this.#inFlight.size + due.length >= questionsMax)
                break;
            if (included || this.#inFlight.has(leaf))
                continue;
            if ((this.#notBefore.get(leaf) ?? 0) <= now)
                due.push(leaf);
        }
        return due;
    }
    asked(leaf) {
        this.#inFlight.add(leaf);
    }
    included(leaf, index, size) {
        this.#inFlight.delete(leaf);
        const record = this.waiting.get(leaf);
        if (record === undefined || record.included)
            return;
        record.included = true;
        record.index = index;
        record.size = size;
        this.#settle(record);
    }
    /** Asked, and not there yet (or not witnessed yet). */
    refused(leaf, now) {
        this.#inFlight.delete(leaf);
        const record = this.waiting.get(leaf);
        if (record === undefined)
            return;
        this.#notBefore.set(leaf, now + (record.late ? lateAskMs : inclusionAskMs));
        if (record.refused)
            return;
        record.refused = true;
        this.#store.putWatched(record);
    }
    #settle(record) {
        const done = record.included && (record.kind !== 'own' || record.receipt);
        if (!done)
            return this.#store.putWatched(record);
        this.#store.deleteWatched(record.leaf);
        this.#notBefore.delete(record.leaf);
        this.waiting.delete(record.leaf);
    }
}
