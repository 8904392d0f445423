// Release tokens and their chain (identity/token.h), and the signed roster (identity/roster.h).
import { Reader, Writer } from './codec.js';
import { hex, sha256 } from './bytes.js';
import { fault } from './failure.js';
import { deviceOf, verifyLabelled } from './keys.js';
import { groupMembersMax } from './limits.js';
const invalid = (message) => fault('token_invalid', `release token: ${message}`);
function split(token) {
    const reader = new Reader(token);
    const body = reader.vec(1024);
    const signature = reader.raw(64);
    if (!reader.finish())
        throw invalid('it is not a body followed by a signature of 64 bytes');
    return { body, signature };
}
/** Without checking the signature. */
export function decodeToken(token) {
    const { body } = split(token);
    const r = new Reader(body);
    const version = r.u8();
    const logOrigin = r.text(255);
    const group = r.id(16);
    const epoch = r.u64();
    const kind = r.u8();
    const out = {
        logOrigin,
        group,
        epoch,
        kind: kind === 1 ? 'application' : 'commit',
        seq: r.u64(),
        previous: r.id(32),
        messageId: r.id(16),
        ciphertextHash: r.id(32),
        contentCommitment: r.id(32),
        policyDigest: r.id(32),
        leafHash: r.id(32),
        hash: hex(sha256(body)),
    };
    if (!r.finish())
        throw invalid('its body is cut short or has bytes after its end');
    if (version !== 1)
        throw invalid('its version is not 1');
    if (kind !== 1 && kind !== 2)
        throw invalid('its kind is neither application nor commit');
    if (out.seq === 0)
        throw invalid('delivery numbers start at 1');
    if (out.logOrigin === '')
        throw invalid('its log origin is empty');
    return out;
}
/** token_invalid unless signed by `bot`. */
export async function verifyToken(token, bot) {
    const { body, signature } = split(token);
    if (!(await verifyLabelled(bot, 'candour release token v1', body, signature))) {
        throw invalid("its signature is not the bot's");
    }
    return decodeToken(token);
}
/** token_invalid unless `token` is exactly the next one after `seq` with hash `previous`. */
export function checkNext(token, chain) {
    if (token.group !== chain.group) {
        throw invalid(`it is for group ${token.group}, expected ${chain.group}`);
    }
    if (token.seq !== chain.seq + 1) {
        throw invalid(`its delivery number is ${token.seq}, expected ${chain.seq + 1}`);
    }
    if (token.previous !== chain.previous) {
        throw invalid(`token ${token.seq} does not cite the token before it`);
    }
}
export async function verifyRoster(bytes, bot) {
    const bad = (message) => fault('input_invalid', `roster: ${message}`);
    if (bytes.length < 64)
        throw bad('it is shorter than a signature');
    const body = bytes.subarray(0, -64);
    if (!(await verifyLabelled(bot, 'candour roster v1', body, bytes.subarray(-64)))) {
        throw fault('signature_invalid', 'the roster is not signed by the bot');
    }
    const r = new Reader(body);
    if (r.u8() !== 2)
        throw bad('its version is not 2');
    const group = r.id(16);
    const mlsGroup = r.vec(64);
    const epoch = r.u64();
    const groupClass = r.text(64);
    const count = r.u16();
    // The bot is counted, too.
    if (count > groupMembersMax + 1)
        throw bad('it has more members than a group may have');
    const members = [];
    for (let i = 0; i < count && r.ok; ++i) {
        const device = r.id(32);
        const leaf = r.u32();
        const owner = r.u8();
        if (owner > 1)
            throw bad('an owner mark is neither 0 nor 1');
        members.push({ device, leaf, owner: owner === 1 });
    }
    r.vec(2048);
    if (!r.finish())
        throw bad('it is cut short or has bytes after its end');
    if (new Set(members.map((m) => m.device)).size !== count)
        throw bad('a device is listed twice');
    if (new Set(members.map((m) => m.leaf)).size !== count)
        throw bad('a leaf is listed twice');
    if (!members.some((m) => m.leaf === 0 && m.device === deviceOf(bot))) {
        throw fault('bot_leaf_missing', 'roster: the bot that signed it is not its member at leaf 0');
    }
    return { group, mlsGroup, epoch, groupClass, members };
}
