// The example organisation that the test's driver started (tests/web/headless_test.py): its
// programs, and what its registrars do.
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { Device, caOf, value } from './device.js';
const folder = process.env.CANDOUR_ORG;
const bin = process.env.CANDOUR_BIN;
const read = (path) => readFileSync(`${folder}/${path}`, 'utf8').trim();
const ports = JSON.parse(read('ports.json'));
export const organisation = 'example-constabulary';
export const relay = `wss://127.0.0.1:${ports.relay}`;
export const teamA = JSON.parse(read('groups.json'))['team-a'] ?? '';
export const passphrase = 'a long enough passphrase';
export const world = () => ({ ca: caOf(folder) });
export const ctl = (...args) => execFileSync(`${bin}/candourctl`, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
const remote = [
    ...['--relay', `127.0.0.1:${ports.relay}`, '--tls-name', 'localhost'],
    ...['--ca', `${folder}/public/tls.crt`, '--root', `${folder}/public/root.vkey`],
];
const registrar = ['--key', `${folder}/registrar-1/registrar-1.key`];
/**
 * The terminal client of one of the organisation's people; its events. Status 4 says that the bot
 * or the relay refused, which the events tell better.
 */
export function candour(person, args, input = '') {
    const state = ['--state', `${folder}/${person}/state`];
    const secret = ['--passphrase-file', `${folder}/${person}/passphrase`, '--json'];
    const done = spawnSync(`${bin}/candour`, [...state, ...secret, ...args], { input, encoding: 'utf8' });
    if (done.status !== 0 && done.status !== 4)
        throw new Error(done.stderr);
    return done.stdout.split('\n').flatMap((line) => (line ? [JSON.parse(line)] : []));
}
export const texts = (person, group) => candour(person, ['history', '--group', group]).map((event) => String(event.text));
export const offer = (person, name, role = 'officer') => ({
    relay,
    root: read('public/root.vkey'),
    organisation,
    person,
    name,
    role: role,
    unit: 'team-a',
});
/** As two registrars do it: each looks at the request and signs; the certificate is published. */
export function certify(request, file) {
    const path = `${folder}/drafts/${file}`;
    writeFileSync(`${path}.request`, request);
    for (const n of [1, 2]) {
        ctl('approve', ...['--key', `${folder}/registrar-${n}/registrar-${n}.key`, '--request', `${path}.request`], ...['--certificate', `${path}.certificate`], ...['--statement', `${folder}/public/statement.note`, '--root', `${folder}/public/root.vkey`]);
    }
    ctl('publish', ...remote, ...registrar, `${path}.certificate`);
    return readFileSync(`${path}.certificate`, 'utf8');
}
export const addMember = (group, device) => ctl('group', 'add', ...remote, ...registrar, '--group', group, '--member', device, '--json');
export const removeMember = (group, device) => ctl('group', 'remove', ...remote, ...registrar, '--group', group, '--member', device, '--json');
export const revoke = (device) => ctl('revoke', ...remote, ...registrar, '--device', device, '--reason', 'lost');
/** A new page over the state of one that crashed or was locked. */
export async function unlocked(device) {
    await device.reopen();
    value(await device.core.unlock(passphrase));
}
/** Enrolled, certified and online; the notice acknowledged. */
export async function enrolled(person, name, role = 'officer') {
    const device = await Device.open(person, world());
    value(await device.core.enrol(offer(person, name, role), passphrase));
    const { request } = device.core.state().device ?? {};
    value(await device.core.installCertificate(certify(request, person)));
    await device.until('online', (state) => state.connection.state === 'online');
    value(await device.core.acknowledgeNotice());
    return device;
}
/** The same, in team A. */
export async function inTeamA(person, name) {
    const device = await enrolled(person, name);
    addMember(teamA, device.core.state().device?.device);
    await device.until('joined', (state) => state.groups.length === 1);
    return device;
}
