// Goal: whatever a hostile relay does to what it hands out, nothing unverified is shown, and the person
// is told which check failed. Method: a real relay whose frames are changed on their way into the page.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { eventually } from './device.js';
import { addMember, candour, enrolled, inTeamA, teamA } from './organisation.js';
import { ServerFrameSchema, WelcomeMailSchema, } from '../src/core/wire/candour_pb.js';
/** From now on the relay is hostile to this page. */
function hostile(device, change) {
    device.world.onReceive = (bytes) => change(fromBinary(ServerFrameSchema, bytes)).map((f) => toBinary(ServerFrameSchema, f));
}
const delivers = (change) => (frame) => {
    if (frame.body.case !== 'deliver')
        return [frame];
    return change(frame.body.value).map((value) => create(ServerFrameSchema, { ...frame, body: { case: 'deliver', value } }));
};
const turned = (bytes, at) => {
    const out = bytes.slice();
    out[at] = out[at] ^ 1;
    return out;
};
let number = 320;
/** What one message of ben's comes to under `change`: the group is stopped and the text not shown. */
async function isStopped(what, code, change, more = 0) {
    number += 1;
    const device = await inTeamA(`w-${number}`, `PC Victim ${number}`);
    hostile(device, change);
    const text = `Under attack ${number}`;
    candour('ben', ['send', '--group', teamA], text);
    for (let i = 0; i < more; ++i)
        candour('ben', ['send', '--group', teamA], `${text} ${i}`);
    await device.until(`stopped: ${what}`, (state) => state.groups[0]?.stopped != null);
    const [group] = device.core.state().groups;
    assert.equal(group?.stopped?.code, code, group?.stopped?.message);
    assert.ok(!(await device.texts(teamA)).includes(text));
    const sent = await device.core.sendText(teamA, 'into a stopped group');
    assert.equal(sent.ok ? 'ok' : sent.error.code, 'group_stopped');
    await device.core.lock();
}
test('a message without a release token', () => isStopped('no token', 'token_missing', delivers((d) => [{ ...d, token: new Uint8Array() }])));
test('a message with a forged release token', () => isStopped('forged', 'token_invalid', delivers((d) => [{ ...d, token: turned(d.token, 40) }])));
test('another ciphertext under a good token', () => isStopped('ciphertext', 'token_invalid', delivers((d) => [{ ...d, ciphertext: turned(d.ciphertext, d.ciphertext.length - 1) }])));
test('another message id under a good token', () => isStopped('id', 'token_invalid', delivers((d) => [{ ...d, messageId: turned(d.messageId, 0) }])));
test('a message left out', () => {
    let dropped = false;
    const drop = (d) => {
        if (dropped)
            return [d];
        dropped = true;
        return [];
    };
    return isStopped('left out', 'token_invalid', delivers(drop), 1);
});
test('an old message once more, under the next number', async () => {
    const device = await inTeamA('w-339', 'PC Replayed');
    hostile(device, delivers((d) => [d, { ...d, seq: d.seq + 1n }]));
    candour('ben', ['send', '--group', teamA], 'Only once');
    await device.until('stopped', (state) => state.groups[0]?.stopped != null);
    assert.equal(device.core.state().groups[0]?.stopped?.code, 'token_invalid');
    assert.equal((await device.texts(teamA)).filter((text) => text === 'Only once').length, 1);
    await device.core.lock();
});
test('frames that are none', async () => {
    const device = await inTeamA('w-340', 'PC Noise');
    let noise = 3;
    device.world.onReceive = (bytes) => {
        const isDeliver = fromBinary(ServerFrameSchema, bytes).body.case === 'deliver';
        if (!isDeliver || noise === 0)
            return [bytes];
        noise -= 1;
        return [Uint8Array.of(0xff, 0xff, 0xff, 0x01), bytes];
    };
    candour('ben', ['send', '--group', teamA], 'After the noise');
    await device.until('told', (state) => state.connection.failure?.code === 'frame_malformed');
    await eventually('shown once', async () => (await device.texts(teamA)).includes('After the noise'));
    const shown = (await device.texts(teamA)).filter((text) => text === 'After the noise');
    assert.equal(shown.length, 1);
    assert.equal(device.core.state().groups[0]?.stopped, null);
    await device.core.lock();
});
test('a welcome with a ghost in its roster', async () => {
    const device = await enrolled('w-341', 'PC Ghosted');
    hostile(device, (frame) => {
        if (frame.body.case !== 'mail' || frame.body.value.kind !== 3)
            return [frame];
        const welcome = fromBinary(WelcomeMailSchema, frame.body.value.body);
        // One more device at the end of the list of members.
        const body = toBinary(WelcomeMailSchema, { ...welcome, roster: turned(welcome.roster, 60) });
        const value = { ...frame.body.value, body };
        return [create(ServerFrameSchema, { ...frame, body: { case: 'mail', value } })];
    });
    addMember(teamA, device.core.state().device?.device);
    await device.until('told', (state) => state.alarms.length > 0);
    const [alarm] = device.core.state().alarms;
    assert.equal(alarm?.code, 'signature_invalid', alarm?.message);
    assert.equal(device.core.state().groups.length, 0);
    await device.core.lock();
});
test('a certificate that registrars did not sign', async () => {
    const device = await inTeamA('w-342', 'PC Directory');
    hostile(device, (frame) => {
        if (frame.body.case !== 'directory')
            return [frame];
        const objects = frame.body.value.objects.map((object) => ({
            ...object,
            object: turned(object.object, object.object.length - 20),
        }));
        const value = { ...frame.body.value, objects };
        return [create(ServerFrameSchema, { ...frame, body: { case: 'directory', value } })];
    });
    await enrolled('w-343', 'PC Forged').then((other) => other.core.lock());
    await device.until('told', (state) => state.alarms.length > 0);
    assert.equal(device.core.state().alarms[0]?.code, 'log_inconsistent');
    assert.match(device.core.state().alarms[0]?.message ?? '', /directory object \d+/);
    await device.core.lock();
});
test('a reply that the bot did not give', async () => {
    const device = await inTeamA('w-344', 'PC Replied');
    hostile(device, (frame) => {
        if (frame.body.case !== 'mail' || frame.body.value.kind !== 1)
            return [frame];
        const value = { ...frame.body.value, body: turned(frame.body.value.body, 100) };
        return [create(ServerFrameSchema, { ...frame, body: { case: 'mail', value } })];
    });
    await device.core.sendText(teamA, 'women are all useless at this job, every one of them, again');
    await device.until('told', (state) => state.alarms.length > 0);
    assert.equal(device.core.state().alarms[0]?.code, 'decryption_failed');
    assert.equal(device.core.state().undecided, 1);
    await device.core.lock();
});
test('a checkpoint of another log', async () => {
    const device = await inTeamA('w-345', 'PC Checked');
    let changed = 0;
    hostile(device, (frame) => {
        if (frame.body.case !== 'checkpoint' || changed > 0)
            return [frame];
        changed += 1;
        const note = new TextDecoder().decode(frame.body.value.note).replace(/^(.*)\n(\d+)\n/, '$1\n$21\n');
        const value = { ...frame.body.value, note: new TextEncoder().encode(note) };
        return [create(ServerFrameSchema, { ...frame, body: { case: 'checkpoint', value } })];
    });
    candour('ben', ['send', '--group', teamA], 'So that the log grows');
    const before = device.core.state().organisation?.checkpointSize ?? 0;
    await eventually('a forged checkpoint came', () => changed > 0);
    await device.until('goes on', (s) => (s.organisation?.checkpointSize ?? 0) > before);
    assert.ok((device.core.state().organisation?.checkpointSize ?? 0) < 10_000);
    await device.core.lock();
});
