// Signed notes (C2SP signed-note), as identity/note.h has them.
import { concat, fromBase64, fromHex, hex, base64, sha256, utf8 } from './bytes.js';
import { fault } from './failure.js';
import { verify } from './keys.js';
import { noteSignaturesMax, signedNoteSizeMax } from './limits.js';
import { validKeyName, validNoteText } from './text.js';
const malformed = (message) => fault('note_malformed', message);
const dash = '\u2014 ';
export const typeEd25519 = 1;
export const typeCosignature = 4;
export const noteKey = (name, type, publicKey) => ({
    name,
    type,
    publicKey,
    id: hex(sha256(utf8(name), Uint8Array.of(10, type), publicKey).subarray(0, 4)),
});
export const printKey = (key) => `${key.name}+${key.id}+${base64(concat(Uint8Array.of(key.type), key.publicKey))}`;
export const sameKey = (a, b) => printKey(a) === printKey(b);
export function parseKey(vkey) {
    // Base64 may hold a '+' itself: only the first two separate.
    const parts = /^([^+]*)\+([^+]*)\+(.*)$/s.exec(vkey);
    if (!parts)
        throw malformed('a verifier key reads name+id+base64; this one has fewer parts');
    const [, name, id, material] = parts;
    if (!validKeyName(name)) {
        throw malformed('the name of a verifier key is empty or holds a space or control character');
    }
    const bytes = fromBase64(material);
    if (!bytes || bytes.length !== 33) {
        throw malformed(`verifier key '${name}': its key part is not base64 of 33 bytes`);
    }
    const type = bytes[0];
    if (type !== typeEd25519 && type !== typeCosignature) {
        throw malformed(`verifier key '${name}' has signature type ${type}; 1 and 4 are understood`);
    }
    const key = noteKey(name, type, bytes.slice(1));
    if (key.id !== id) {
        throw malformed(`verifier key '${name}': the key id does not fit name and key`);
    }
    return key;
}
function parseSignature(line) {
    if (!line.startsWith(dash)) {
        throw malformed('a signature line begins with an em dash and a space');
    }
    const rest = line.slice(dash.length);
    const space = rest.indexOf(' ');
    if (space < 0)
        throw malformed('a signature line lacks the signature after the name');
    const name = rest.slice(0, space);
    if (!validKeyName(name))
        throw malformed('a signature line has an invalid key name');
    const blob = fromBase64(rest.slice(space + 1));
    if (!blob || blob.length < 5) {
        throw malformed(`the signature of '${name}' is not base64 of a key id and a signature`);
    }
    return { name, id: hex(blob.subarray(0, 4)), signature: blob.slice(4) };
}
export function parseNote(note) {
    if (utf8(note).length > signedNoteSizeMax)
        throw malformed('the note is too large');
    if (!validNoteText(note)) {
        throw malformed('the note is not valid UTF-8 or holds a control character');
    }
    const split = note.lastIndexOf('\n\n');
    if (split < 0)
        throw malformed('the note has no empty line before its signatures');
    const text = note.slice(0, split + 1);
    const rest = note.slice(split + 2);
    if (rest === '')
        throw malformed('the note has no signature line');
    if (!rest.endsWith('\n')) {
        throw malformed('the last line of the note does not end with a newline');
    }
    const lines = rest.slice(0, -1).split('\n');
    if (lines.length > noteSignaturesMax) {
        throw malformed(`the note has more than ${noteSignaturesMax} signatures`);
    }
    return { text, signatures: lines.map(parseSignature) };
}
export function printNote(note) {
    const line = (s) => `${dash}${s.name} ${base64(concat(fromHex(s.id), s.signature))}\n`;
    return `${note.text}\n${note.signatures.map(line).join('')}`;
}
/** The time inside a witness' signature, in seconds; null when it is not shaped like one. */
export function cosignatureTime(signature) {
    if (signature.signature.length !== 72)
        return null;
    const seconds = new DataView(signature.signature.buffer).getBigUint64(0);
    return seconds > BigInt(Number.MAX_SAFE_INTEGER) ? null : Number(seconds);
}
async function verifies(line, key, text) {
    if (key.type === typeEd25519)
        return verify(key.publicKey, utf8(text), line.signature);
    const seconds = cosignatureTime(line);
    if (seconds === null)
        return false;
    const message = utf8(`cosignature/v1\ntime ${seconds}\n${text}`);
    return verify(key.publicKey, message, line.signature.subarray(8));
}
/** Those of `keys` that signed; signature_invalid when a line of a known key does not verify. */
export async function verifyNote(note, keys) {
    const signers = [];
    for (const key of keys) {
        const lines = note.signatures.filter((s) => s.name === key.name && s.id === key.id);
        for (const line of lines) {
            if (await verifies(line, key, note.text))
                continue;
            throw fault('signature_invalid', `the signature of '${key.name}' does not fit the text of the note`);
        }
        if (lines.length > 0)
            signers.push(key);
    }
    return signers;
}
export async function signNote(text, name, key) {
    const signature = await key.sign(utf8(text));
    const { id } = noteKey(name, typeEd25519, key.publicKey);
    return printNote({ text, signatures: [{ name, id, signature }] });
}
/** Lines "key value..." after a first line that names the format. */
export class NoteFields {
    #fields;
    constructor(text, format, known) {
        if (!validNoteText(text)) {
            throw malformed('the text is not valid UTF-8 or holds a control character');
        }
        if (!text.endsWith('\n'))
            throw malformed('the text does not end with a newline');
        const lines = text.slice(0, -1).split('\n');
        if (lines[0] !== format)
            throw malformed(`line 1: expected '${format}'`);
        if (lines.length === 1)
            throw malformed('the text has no fields');
        this.#fields = lines.slice(1).map((line, i) => {
            const where = `line ${i + 2}: `;
            if (line === '')
                throw malformed(`${where}empty lines are not allowed in the text`);
            const space = line.indexOf(' ');
            const key = space < 0 ? line : line.slice(0, space);
            if (!known.includes(key))
                throw malformed(`${where}unknown field '${key.slice(0, 80)}'`);
            if (space < 0)
                throw malformed(`${where}field '${key}' has no value`);
            return [key, line.slice(space + 1)];
        });
    }
    all(key) {
        return this.#fields.filter(([name]) => name === key).map(([, value]) => value);
    }
    one(key) {
        const values = this.all(key);
        if (values.length === 0)
            throw malformed(`field '${key}' is missing`);
        if (values.length > 1)
            throw malformed(`field '${key}' occurs twice`);
        return values[0];
    }
}
