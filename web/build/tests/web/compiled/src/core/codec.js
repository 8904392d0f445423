// The binary presentation of base/codec.h: big-endian integers and vectors with the length prefix
// of RFC 9420 section 2.1.2. Ids are hex strings here.
import { concat, copyOf, fromHex, fromUtf8, hex, utf8 } from './bytes.js';
export class Writer {
    #parts = [];
    #bigEndian(value, size) {
        const out = new Uint8Array(size);
        let rest = BigInt(value);
        for (let i = size - 1; i >= 0; --i) {
            out[i] = Number(rest & 0xffn);
            rest >>= 8n;
        }
        return this.raw(out);
    }
    u8(value) {
        return this.#bigEndian(value, 1);
    }
    u16(value) {
        return this.#bigEndian(value, 2);
    }
    u32(value) {
        return this.#bigEndian(value, 4);
    }
    u64(value) {
        return this.#bigEndian(value, 8);
    }
    raw(bytes) {
        this.#parts.push(bytes);
        return this;
    }
    id(id) {
        return this.raw(fromHex(id));
    }
    vec(content) {
        const bytes = typeof content === 'string' ? utf8(content) : content;
        const n = bytes.length;
        if (n < 0x40)
            this.u8(n);
        else if (n < 0x4000)
            this.u16(0x4000 | n);
        else
            this.u32(0x80000000 + n);
        return this.raw(bytes);
    }
    take() {
        return concat(...this.#parts);
    }
}
/** After the first failure every further read fails: parsers read all fields and ask `finish` once. */
export class Reader {
    #in;
    #ok = true;
    constructor(bytes) {
        this.#in = bytes;
    }
    fail() {
        this.#ok = false;
        this.#in = new Uint8Array();
    }
    raw(size) {
        if (!this.#ok || size > this.#in.length) {
            this.fail();
            return new Uint8Array();
        }
        const out = copyOf(this.#in.subarray(0, size));
        this.#in = this.#in.subarray(size);
        return out;
    }
    #bigEndian(size) {
        let value = 0n;
        for (const byte of this.raw(size))
            value = (value << 8n) | BigInt(byte);
        return value;
    }
    u8() {
        return Number(this.#bigEndian(1));
    }
    u16() {
        return Number(this.#bigEndian(2));
    }
    u32() {
        return Number(this.#bigEndian(4));
    }
    /** Numbers beyond 2^53 occur in nothing of ours; they fail. */
    u64() {
        const value = this.#bigEndian(8);
        if (value > BigInt(Number.MAX_SAFE_INTEGER))
            this.fail();
        return this.#ok ? Number(value) : 0;
    }
    id(size) {
        const bytes = this.raw(size);
        return this.#ok ? hex(bytes) : '00'.repeat(size);
    }
    vec(sizeMax = 2 ** 30 - 1) {
        const first = this.u8();
        let n = first & 0x3f;
        let smallest = 0;
        if (first >> 6 === 1) {
            n = n * 0x100 + this.u8();
            smallest = 0x40;
        }
        else if (first >> 6 === 2) {
            n = n * 0x1000000 + this.u8() * 0x10000 + this.u16();
            smallest = 0x4000;
        }
        else if (first >> 6 === 3) {
            this.fail();
        }
        if (n < smallest || n > sizeMax)
            this.fail();
        return this.raw(n);
    }
    text(sizeMax) {
        const text = fromUtf8(this.vec(sizeMax));
        if (text === null)
            this.fail();
        return text ?? '';
    }
    rest() {
        return copyOf(this.#in);
    }
    get ok() {
        return this.#ok;
    }
    get left() {
        return this.#in.length;
    }
    finish() {
        return this.#ok && this.#in.length === 0;
    }
}
