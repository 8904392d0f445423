// Enrolment requests, device certificates and revocations (identity/certificate.h).
import { fromHex, hex } from './bytes.js';
import { CandourError, fault } from './failure.js';
import { ofLowOrder } from './hpke.js';
import { deviceOf } from './keys.js';
import { groupNameSizeMax } from './limits.js';
import { NoteFields, parseNote, signNote } from './note.js';
import { signedByTwoPeople, signersOf } from './statement.js';
import { timeDecode, timeEncode, validIdentifier, validLine } from './text.js';
const subjectFields = [
    'organisation',
    'device',
    'signing-key',
    'sealing-key',
    'person',
    'name',
    'role',
    'unit',
];
const roles = ['officer', 'supervisor', 'investigator', 'bot'];
const malformed = (message) => fault('note_malformed', message);
function parseSubject(fields) {
    const signingKey = fromHex(fields.one('signing-key'));
    const sealingKey = fromHex(fields.one('sealing-key'));
    if (signingKey?.length !== 32 || sealingKey?.length !== 32) {
        throw malformed("'signing-key' and 'sealing-key' are 64 hex digits each");
    }
    if (ofLowOrder(sealingKey)) {
        throw fault('certificate_invalid', "'sealing-key' is an X25519 point of low order");
    }
    const subject = {
        organisation: fields.one('organisation'),
        device: fields.one('device'),
        signingKey,
        sealingKey,
        person: fields.one('person'),
        name: fields.one('name'),
        role: fields.one('role'),
        unit: fields.one('unit'),
    };
    if (![subject.organisation, subject.person, subject.unit].every(validIdentifier)) {
        throw malformed('organisation, person and unit are 1 to 128 characters of A-Z a-z 0-9 -_./@:');
    }
    if (!validLine(subject.name, groupNameSizeMax)) {
        throw malformed("'name' is empty, too long or holds characters that mislead readers");
    }
    if (!roles.includes(subject.role)) {
        throw malformed(`'${subject.role.slice(0, 80)}' is not the role of a device`);
    }
    if (subject.device !== deviceOf(signingKey)) {
        throw malformed("'device' is not the SHA-256 of the signing key in lower-case hex");
    }
    return subject;
}
function time(fields, key) {
    const ms = timeDecode(fields.one(key));
    if (ms === null)
        throw malformed(`'${key}' is not a time such as 2026-01-31T08:00:00.000Z`);
    return ms;
}
/** The signed request for a new device. */
export function makeEnrolment(subject, signing, sealingPublic) {
    const text = `candour-enrolment/v1\norganisation ${subject.organisation}\n` +
        `device ${deviceOf(signing.publicKey)}\nsigning-key ${hex(signing.publicKey)}\n` +
        `sealing-key ${hex(sealingPublic)}\nperson ${subject.person}\nname ${subject.name}\n` +
        `role ${subject.role}\nunit ${subject.unit}\n`;
    return signNote(text, 'device', signing);
}
/** What the text says; who signed it is another question. */
export function parseCertificate(text) {
    const fields = new NoteFields(text, 'candour-device/v1', [
        ...subjectFields,
        'not-before',
        'not-after',
    ]);
    const certificate = {
        ...parseSubject(fields),
        notBefore: time(fields, 'not-before'),
        notAfter: time(fields, 'not-after'),
    };
    if (certificate.notAfter <= certificate.notBefore) {
        throw malformed("'not-after' is not later than 'not-before'");
    }
    return certificate;
}
const foreign = (what, organisation, statement) => fault('foreign_certificate', `the ${what} belongs to organisation '${organisation}', not to '${statement.id}'`);
export async function verifyCertificate(note, statement) {
    try {
        const signed = parseNote(note);
        const certificate = parseCertificate(signed.text);
        if (certificate.organisation !== statement.id) {
            throw foreign('certificate', certificate.organisation, statement);
        }
        await signedByTwoPeople(signed, statement, 'registrar', 'registrar');
        return certificate;
    }
    catch (thrown) {
        if (!(thrown instanceof CandourError) || thrown.code === 'foreign_certificate')
            throw thrown;
        throw fault('certificate_invalid', `certificate: ${thrown.message}`);
    }
}
export function checkValidAt(certificate, now) {
    if (now >= certificate.notBefore && now <= certificate.notAfter)
        return;
    throw fault('certificate_expired', `the certificate of device ${certificate.device} is valid from ` +
        `${timeEncode(certificate.notBefore)} to ${timeEncode(certificate.notAfter)}, not now`);
}
export async function verifyRevocation(note, statement) {
    const signed = parseNote(note);
    const fields = new NoteFields(signed.text, 'candour-revocation/v1', [
        'organisation',
        'device',
        'reason',
        'issued',
    ]);
    const organisation = fields.one('organisation');
    const device = fromHex(fields.one('device'));
    if (device?.length !== 32)
        throw malformed("'device' is not 64 hex digits");
    const reason = fields.one('reason');
    if (!validLine(reason, 500))
        throw malformed("'reason' is empty, too long or unsuitable");
    const issued = time(fields, 'issued');
    if (organisation !== statement.id)
        throw foreign('revocation', organisation, statement);
    if ((await signersOf(signed, statement, 'registrar')).length === 0) {
        throw fault('signature_invalid', 'the revocation is not signed by a registrar');
    }
    return { device: hex(device), reason, issued };
}
