// The organisation statement (identity/statement.h): what the pinned root key says.
import { fromHex } from './bytes.js';
import { fault } from './failure.js';
import { ofLowOrder } from './hpke.js';
import { groupNameSizeMax } from './limits.js';
import { NoteFields, parseKey, parseNote, printKey, typeCosignature, typeEd25519, verifyNote, } from './note.js';
import { parseDecimal, timeDecode, validIdentifier, validLine } from './text.js';
import { hex } from './bytes.js';
const roleNames = [
    'registrar',
    'authoriser',
    'auditor',
    'policy-author',
    'policy-approver',
    'custodian',
    'keeper',
    'investigator',
];
const known = [
    'name',
    'id',
    'version',
    'issued',
    'example',
    'log',
    'witness',
    'quorum',
    'bot',
    'custodians',
    'custodian',
    'role',
    'client',
];
const invalid = (message) => fault('statement_invalid', `organisation statement: ${message}`);
function parseRole(value) {
    const [role, person, vkey, sealing, ...rest] = value.split(' ');
    if (role === undefined || person === undefined || vkey === undefined || rest.length > 0) {
        throw invalid("'role' reads <role> <person> <vkey> [<sealing key hex>]");
    }
    if (!roleNames.includes(role))
        throw invalid(`'${role.slice(0, 80)}' is not a role`);
    if (!validIdentifier(person))
        throw invalid('a role names an impossible person id');
    if (sealing !== undefined) {
        const key = fromHex(sealing);
        if (key?.length !== 32 || ofLowOrder(key))
            throw invalid("a role's sealing key is no key");
    }
    return { role, person, key: parseKey(vkey) };
}
/** Every key has one holder and one use: with a shared key, one person could sign for two. */
function checkKeys(statement) {
    const names = new Set();
    const keys = new Set();
    const take = (key, type, what) => {
        if (key.type !== type)
            throw invalid(`the key of ${what} '${key.name}' has the wrong type`);
        if (names.has(key.name))
            throw invalid(`two keys are named '${key.name}'`);
        if (keys.has(hex(key.publicKey)))
            throw invalid(`the key of '${key.name}' is listed twice`);
        names.add(key.name);
        keys.add(hex(key.publicKey));
    };
    take(statement.log, typeEd25519, 'log');
    for (const witness of statement.witnesses)
        take(witness, typeCosignature, 'witness');
    for (const role of statement.roles)
        take(role.key, typeEd25519, role.role);
}
/** Custodians are nothing a browser deals with: their lines are read only as far as their form. */
function checkCustodians(fields) {
    for (const line of fields.all('custodians')) {
        if (line.split(' ').length !== 5)
            throw invalid("a 'custodians' line is malformed");
    }
    for (const line of fields.all('custodian')) {
        if (line.split(' ').length !== 4)
            throw invalid("a 'custodian' line is malformed");
    }
}
export function parseStatement(text) {
    const fields = new NoteFields(text, 'candour-organisation/v1', known);
    const name = fields.one('name');
    if (!validLine(name, groupNameSizeMax))
        throw invalid('the name is malformed');
    const id = fields.one('id');
    if (!validIdentifier(id))
        throw invalid('the id is malformed');
    const version = parseDecimal(fields.one('version'));
    if (!version)
        throw invalid('the version is not a number from 1');
    const issued = timeDecode(fields.one('issued'));
    if (issued === null)
        throw invalid("'issued' is not a time such as 2026-01-31T08:00:00.000Z");
    const example = fields.all('example');
    if (example.length > 1 || (example.length === 1 && example[0] !== 'yes')) {
        throw invalid("field 'example' is 'yes', once, or absent");
    }
    const quorum = parseDecimal(fields.one('quorum'));
    const witnesses = fields.all('witness').map(parseKey);
    if (quorum === null || quorum > witnesses.length) {
        throw invalid(`the quorum is not a number up to the ${witnesses.length} witnesses listed`);
    }
    const bots = fields.all('bot').map((device) => {
        if (fromHex(device)?.length !== 32)
            throw invalid("a bot's device id is not 64 hex digits");
        return device.toLowerCase();
    });
    if (new Set(bots).size !== bots.length)
        throw invalid('a bot is listed twice');
    const clientBuilds = fields.all('client');
    if (!clientBuilds.every(validIdentifier))
        throw invalid('a client build id is malformed');
    checkCustodians(fields);
    const statement = {
        name,
        id,
        version,
        issued,
        example: example.length > 0,
        log: parseKey(fields.one('log')),
        witnesses,
        quorum,
        bots,
        roles: fields.all('role').map(parseRole),
        clientBuilds,
    };
    checkKeys(statement);
    return statement;
}
/** wrong_root_key unless the pinned root signed it. */
export async function verifyStatement(note, root) {
    const signed = parseNote(note);
    if ((await verifyNote(signed, [root])).length === 0) {
        throw fault('wrong_root_key', `the organisation statement is not signed by the pinned root key '${root.name}' ` +
            `(${printKey(root)}); it belongs to another organisation or is forged`);
    }
    const statement = parseStatement(signed.text);
    for (const role of statement.roles) {
        if (hex(role.key.publicKey) === hex(root.publicKey)) {
            throw invalid(`the root key must not also hold the role '${role.role}'`);
        }
    }
    return statement;
}
export async function signersOf(note, statement, role) {
    const signers = [];
    for (const entry of statement.roles) {
        if (entry.role !== role)
            continue;
        if ((await verifyNote(note, [entry.key])).length > 0)
            signers.push(entry);
    }
    return signers;
}
/** By a key of each role, of two different people; signature_invalid otherwise. */
export async function signedByTwoPeople(note, statement, firstRole, secondRole) {
    const first = await signersOf(note, statement, firstRole);
    const second = await signersOf(note, statement, secondRole);
    if (first.some((a) => second.some((b) => a.person !== b.person)))
        return;
    const missing = first.length === 0 ? firstRole : second.length === 0 ? secondRole : null;
    throw fault('signature_invalid', missing !== null
        ? `the note lacks the signature of a ${missing} of this organisation`
        : 'the note is signed by one person only; two different people must sign it');
}
