// Goal: state survives reload and a crash between any two steps: nothing acknowledged is lost, nothing
// is shown or delivered twice, no MLS generation is used for two messages. Method: pages that are gone
// at the n-th frame they send or the n-th transaction they write, over the same database, for each n.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Device, codeOf, eventually, value } from './device.js';
import { candour, inTeamA, offer, passphrase, revoke, teamA, unlocked, world } from './organisation.js';
let web;
let other;
const idle = (device) => device.until('idle', (s) => s.connection.state === 'online' && s.undecided === 0);
before(async () => {
    web = await inTeamA('w-311', 'PC Vera Crane');
    other = await inTeamA('w-312', 'PC Paul Dale');
});
after(async () => {
    await web.core.lock();
    await other.core.lock();
});
/** Crashes at the n-th step of a kind; true when it came to that. */
function crashAt(device, kind, n) {
    let steps = 0;
    let crashed = false;
    device.world[kind] = () => {
        if (crashed || ++steps !== n)
            return;
        crashed = true;
        device.crash();
    };
    return () => {
        delete device.world[kind];
        return crashed;
    };
}
for (const kind of ['onSend', 'onCommit']) {
    test(`a crash at each ${kind} while sending and receiving`, async () => {
        let n = 0;
        for (let more = true; more;) {
            n += 1;
            await idle(web);
            const ended = crashAt(web, kind, n);
            const text = `Crash ${kind} ${n}`;
            void web.core.sendText(teamA, text);
            candour('ben', ['send', '--group', teamA], `Meanwhile ${kind} ${n}`);
            await new Promise((resolve) => setTimeout(resolve, 400));
            more = ended() && n < 12;
            if (!more)
                break;
            await unlocked(web);
            await idle(web);
            await eventually('what ben sent is here', async () => (await web.texts(teamA)).includes(`Meanwhile ${kind} ${n}`));
        }
        assert.ok(n > 2, `only ${n} steps were seen`);
        await idle(web);
        const mark = value(await web.core.sendText(teamA, `Done ${kind}`));
        await other.untilLine(teamA, mark, 'there', () => true);
        await web.untilLine(teamA, mark, 'delivered', (line) => line.state === 'delivered');
        const relevant = (texts) => texts.filter((text) => text.includes(kind));
        const mine = relevant(await web.texts(teamA));
        assert.equal(new Set(mine).size, mine.length, `shown twice: ${mine.join(', ')}`);
        assert.deepEqual(relevant(await other.texts(teamA)), mine);
        assert.equal(web.core.state().groups[0]?.stopped, null);
        assert.equal(other.core.state().groups[0]?.stopped, null);
    });
}
test('a reload in the middle of sending sends once', async () => {
    await idle(web);
    const ids = [];
    for (let i = 0; i < 5; ++i)
        ids.push(value(await web.core.sendText(teamA, `Reload ${i}`)));
    web.crash();
    await unlocked(web);
    for (const id of ids) {
        await web.untilLine(teamA, id, 'delivered', (line) => line.state === 'delivered');
    }
    const wanted = ids.map((_, i) => `Reload ${i}`);
    await eventually('there', async () => (await other.texts(teamA)).includes('Reload 4'));
    const seen = (await other.texts(teamA)).filter((text) => text.startsWith('Reload'));
    assert.deepEqual(seen, wanted);
});
test('a second tab waits until the first is gone', async () => {
    const second = await Device.open(web.name, web.world);
    assert.equal(second.core.state().phase, 'elsewhere');
    assert.equal(codeOf(await second.core.unlock(passphrase)), 'usage');
    await web.core.lock();
    web.crash();
    await second.until('its turn', (state) => state.phase === 'locked');
    assert.equal(codeOf(await second.core.unlock('a wrong passphrase')), 'input_invalid');
    value(await second.core.unlock(passphrase));
    await idle(second);
    web = second;
});
test('the passphrase can be changed; locked, nothing is to be had', async () => {
    const fresh = 'another long passphrase';
    assert.equal(codeOf(await web.core.changePassphrase('wrong wrong', fresh)), 'input_invalid');
    value(await web.core.changePassphrase(passphrase, fresh));
    await web.core.lock();
    const locked = web.core.state();
    assert.deepEqual([locked.phase, locked.groups.length, locked.device], ['locked', 0, null]);
    assert.equal(codeOf(await web.core.sendText(teamA, 'no')), 'state_locked');
    assert.equal(codeOf(await web.core.unlock(passphrase)), 'input_invalid');
    value(await web.core.unlock(fresh));
    value(await web.core.changePassphrase(fresh, passphrase));
    await idle(web);
});
test('a certificate of other keys, and a short passphrase, are refused', async () => {
    const device = await Device.open('w-313', world());
    assert.equal(codeOf(await device.core.enrol(offer('w-313', 'PC X'), 'short')), 'input_invalid');
    value(await device.core.enrol(offer('w-313', 'PC Xena Elm'), passphrase));
    assert.equal(device.core.state().phase, 'requested');
    assert.equal(codeOf(await device.core.installCertificate('nonsense')), 'note_malformed');
    value(await device.core.forget());
    assert.equal(device.core.state().phase, 'empty');
});
test('a device revoked while connected is told, and gets nothing more', async () => {
    await idle(other);
    revoke(other.core.state().device?.device);
    await other.until('refused', (state) => state.connection.state === 'refused');
    assert.equal(other.core.state().connection.failure?.code, 'device_revoked');
    const id = value(await web.core.sendText(teamA, 'After the revocation'));
    await web.untilLine(teamA, id, 'delivered', (line) => line.state === 'delivered');
    assert.ok(!(await other.texts(teamA)).includes('After the revocation'));
});
