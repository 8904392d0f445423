// The monitoring notice and its acknowledgement (identity/notice.h), and who signed a policy pack
// (identity/pack_note.h).
import { Writer } from './codec.js';
import { concat, hex, sha256, utf8 } from './bytes.js';
import { fault } from './failure.js';
import { NoteFields, parseNote } from './note.js';
import { signedByTwoPeople } from './statement.js';
import { parseDecimal, timeDecode, validLine } from './text.js';
const malformed = (message) => fault('note_malformed', `notice: ${message}`);
export async function verifyNotice(note, statement) {
    const signed = parseNote(note);
    const fields = new NoteFields(signed.text, 'candour-notice/v1', [
        'organisation',
        'version',
        'issued',
        'line',
    ]);
    const version = parseDecimal(fields.one('version'));
    if (!version)
        throw malformed("'version' is not a number from 1");
    const issued = timeDecode(fields.one('issued'));
    if (issued === null)
        throw malformed("'issued' is not a time");
    const lines = fields.all('line');
    if (lines.length === 0 || lines.length > 200)
        throw malformed('it has no lines or too many');
    if (!lines.every((line) => line === '' || validLine(line, 1000))) {
        throw malformed('a line is longer than 1000 bytes or holds characters that mislead readers');
    }
    const organisation = fields.one('organisation');
    if (organisation !== statement.id) {
        throw fault('foreign_certificate', `the notice is of organisation '${organisation}', not of '${statement.id}'`);
    }
    await signedByTwoPeople(signed, statement, 'policy-author', 'policy-approver');
    return { version, issued, lines, digest: hex(sha256(utf8(signed.text))) };
}
export async function signNoticeAck(notice, device, time, key) {
    const body = new Writer().u8(1).id(device).id(notice).u64(time).take();
    return concat(body, await key.signLabelled('candour notice ack v1', body));
}
/** The digest every verdict under this pack cites. */
export async function verifyPackNote(note, statement) {
    const signed = parseNote(note);
    if (!signed.text.startsWith('candour-policy/v1\n')) {
        throw fault('note_malformed', "a policy pack's note does not begin with 'candour-policy/v1'");
    }
    await signedByTwoPeople(signed, statement, 'policy-author', 'policy-approver');
    return hex(sha256(utf8(signed.text)));
}
