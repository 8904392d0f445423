import { base64, fromBase64, fromUtf8, utf8 } from './bytes.js';
import { fault } from './failure.js';
import { groupNameSizeMax } from './limits.js';
import { NoteFields, parseKey, typeEd25519 } from './note.js';
import { validIdentifier, validLine } from './text.js';
const format = 'candour-enrolment-offer/v1';
const fields = ['relay', 'root', 'organisation', 'person', 'name', 'role', 'unit'];
const roles = ['officer', 'supervisor', 'investigator'];
const invalid = (message) => fault('input_invalid', `the enrolment offer: ${message}`);
/** Throws unless every field is what a certificate may hold. */
export function checkOffer(offer) {
    let relay;
    try {
        relay = new URL(offer.relay);
    }
    catch {
        throw invalid('the address of the relay is none');
    }
    if (relay.protocol !== 'wss:' || relay.pathname !== '/' || relay.search || relay.hash) {
        throw invalid('the address of the relay is wss://HOST or wss://HOST:PORT');
    }
    if (parseKey(offer.root).type !== typeEd25519)
        throw invalid('the root key is of another type');
    if (![offer.organisation, offer.person, offer.unit].every(validIdentifier)) {
        throw invalid('organisation, person and unit are 1 to 128 characters of A-Z a-z 0-9 -_./@:');
    }
    if (!validLine(offer.name, groupNameSizeMax)) {
        throw invalid("'name' is empty, too long or holds characters that mislead readers");
    }
    if (!roles.includes(offer.role))
        throw invalid('the role is none of a device');
    return offer;
}
function parseOffer(text) {
    const read = new NoteFields(text, format, fields);
    return checkOffer({
        relay: read.one('relay'),
        root: read.one('root'),
        organisation: read.one('organisation'),
        person: read.one('person'),
        name: read.one('name'),
        role: read.one('role'),
        unit: read.one('unit'),
    });
}
/** Of the text itself, a link, or its fragment. */
export function readOffer(given) {
    const mark = given.indexOf('enrol=');
    if (given.startsWith(format) || mark < 0) {
        const text = given.replaceAll('\r\n', '\n').trim();
        return parseOffer(`${text}\n`);
    }
    const code = given.slice(mark + 'enrol='.length).trim().replaceAll('-', '+').replaceAll('_', '/');
    const bytes = fromBase64(code.padEnd(Math.ceil(code.length / 4) * 4, '='));
    const text = bytes && fromUtf8(bytes);
    if (!text)
        throw invalid('the link is cut off or damaged');
    return parseOffer(text);
}
export const printOffer = (offer) => `${format}\n${fields.map((field) => `${field} ${offer[field]}\n`).join('')}`;
export const offerFragment = (offer) => `#enrol=${base64(utf8(printOffer(offer))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')}`;
