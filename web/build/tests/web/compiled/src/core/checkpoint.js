// Checkpoints with the log's signature and witnesses' cosignatures (tlog/checkpoint.h), the note
// with which a new log follows a lost one (identity/succession.h), and proof files.
import { base64, fromBase64, fromHex, hex } from './bytes.js';
import { fault } from './failure.js';
import { treeSizeMax } from './limits.js';
import { NoteFields, cosignatureTime, parseKey, parseNote, sameKey, typeEd25519, verifyNote, } from './note.js';
import { signedByTwoPeople } from './statement.js';
import { parseDecimal, timeDecode, validLine } from './text.js';
const malformed = (message) => fault('note_malformed', `checkpoint: ${message}`);
export async function verifyCheckpoint(note, statement) {
    const signed = parseNote(note);
    const [origin, sizeLine, rootLine, ...extensions] = signed.text.slice(0, -1).split('\n');
    if (rootLine === undefined || sizeLine === undefined || !origin) {
        throw malformed('it has fewer than three lines');
    }
    const size = parseDecimal(sizeLine);
    if (size === null || size > treeSizeMax)
        throw malformed('line 2: the size is not a number');
    const root = fromBase64(rootLine);
    if (root?.length !== 32)
        throw malformed('line 3: the root is not base64 of 32 bytes');
    if (extensions.some((line) => line === ''))
        throw malformed('an extension line is empty');
    if (origin !== statement.log.name) {
        throw fault('log_inconsistent', `the checkpoint is of log '${origin}', expected '${statement.log.name}'`);
    }
    if ((await verifyNote(signed, [statement.log])).length === 0) {
        throw fault('signature_invalid', `the checkpoint is not signed by the key of log '${origin}'`);
    }
    const cosigners = (await verifyNote(signed, statement.witnesses)).map((witness) => {
        const line = signed.signatures.find((s) => s.name === witness.name && s.id === witness.id);
        return { name: witness.name, time: ((line && cosignatureTime(line)) ?? 0) * 1000 };
    });
    const quorum = cosigners.length >= statement.quorum;
    return { origin, size, root: hex(root), cosigners, quorum };
}
/** C2SP tlog-proof. */
export function printProofFile(opening, index, hashes, checkpoint) {
    const extra = opening ? `extra ${base64(opening)}\n` : '';
    const lines = hashes.map((h) => `${base64(fromHex(h))}\n`).join('');
    return `c2sp.org/tlog-proof@v1\n${extra}index ${index}\n${lines}\n${checkpoint}`;
}
export function parseSuccession(text) {
    const bad = (what) => fault('note_malformed', `the note of a log's succession: ${what}`);
    const fields = new NoteFields(text, 'candour-log-succession/v1', [
        'organisation',
        'old-log',
        'old-checkpoint',
        'new-log',
        'reason',
        'issued',
    ]);
    const oldLog = parseKey(fields.one('old-log'));
    const newLog = parseKey(fields.one('new-log'));
    if (oldLog.type !== typeEd25519 || newLog.type !== typeEd25519) {
        throw bad('a key is no verifier key of a log');
    }
    const [sizeText, rootText, ...rest] = fields.one('old-checkpoint').split(' ');
    const oldSize = parseDecimal(sizeText ?? '');
    const oldRoot = fromHex(rootText ?? '');
    if (!oldSize || oldRoot?.length !== 32 || rest.length > 0) {
        throw bad("'old-checkpoint' is not a size from 1 and a root of 64 hex digits");
    }
    if (newLog.name === oldLog.name)
        throw bad('the new log has the name of the old one');
    const reason = fields.one('reason');
    if (!validLine(reason, 1000))
        throw bad("'reason' is too long or unsuitable");
    if (timeDecode(fields.one('issued')) === null)
        throw bad("'issued' is not a time");
    const organisation = fields.one('organisation');
    return { organisation, oldLog, oldSize, oldRoot: hex(oldRoot), newLog, reason };
}
/**
 * Of the log that `after` names, signed by two people in the right roles of `after`; for whoever
 * knew the old log also from that log, by people who had these roles in `before` with the same keys.
 */
export async function verifySuccession(note, after, before) {
    const signed = parseNote(note);
    const succession = parseSuccession(signed.text);
    if (succession.organisation !== after.id) {
        throw fault('foreign_certificate', `the succession is of organisation '${succession.organisation}', not of '${after.id}'`);
    }
    if (!sameKey(succession.newLog, after.log)) {
        throw fault('statement_invalid', 'the succession is of another log than the statement');
    }
    if (before && !sameKey(succession.oldLog, before.log)) {
        throw fault('statement_invalid', 'the succession is from another log than the one known');
    }
    const hadItBefore = (role) => !before ||
        before.roles.some((old) => old.role === role.role && old.person === role.person && sameKey(old.key, role.key));
    const both = { ...after, roles: after.roles.filter(hadItBefore) };
    await signedByTwoPeople(signed, both, 'authoriser', 'registrar');
    return succession;
}
