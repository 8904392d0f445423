// The log's tree (tlog/tree.h, tlog/leaf.h): leaves and the proofs of RFC 9162.
import { Reader, Writer } from './codec.js';
import { concat, fromHex, hex, sha256, utf8 } from './bytes.js';
import { fault } from './failure.js';
const inconsistent = (message) => fault('log_inconsistent', message);
const emptyRoot = hex(sha256(new Uint8Array()));
export const leafKinds = {
    1: 'message',
    2: 'commit',
    3: 'attempt',
    4: 'alert step',
    5: 'group change',
    6: 'alert dismissal',
    16: 'statement',
    17: 'certificate',
    18: 'revocation',
    19: 'policy',
    20: 'notice',
    21: 'notice acknowledgement',
    22: 'succession',
    32: 'warrant',
    33: 'release',
    34: 'disposal',
    35: 'request',
    36: 'warrant revocation',
};
export const leafKindMessage = 1;
export const leafClassOrdinary = 1;
export const leafClassDirectory = 2;
export function decodeOpening(bytes) {
    const r = new Reader(bytes);
    const version = r.u8();
    const kind = r.u8();
    const opening = {
        kind,
        salt: r.id(32),
        objectHash: r.id(32),
        ciphertextHash: r.id(32),
        contentCommitment: r.id(32),
    };
    if (!r.finish() || version !== 1) {
        throw fault('input_invalid', 'the opening of a log entry is not one of version 1');
    }
    if (leafKinds[kind] === undefined) {
        throw fault('input_invalid', `the opening of a log entry names the unknown kind ${kind}`);
    }
    return opening;
}
/** RFC 6962 leaf hash of the entry that commits to the opening. */
export function leafHash(opening, leafClass) {
    const committed = new Writer()
        .raw(utf8('candour leaf v1'))
        .u8(0)
        .id(opening.salt)
        .u8(opening.kind)
        .id(opening.objectHash)
        .id(opening.ciphertextHash)
        .id(opening.contentCommitment)
        .take();
    const entry = new Writer().u8(1).u8(leafClass).raw(sha256(committed)).take();
    return hex(sha256(Uint8Array.of(0), entry));
}
const node = (left, right) => hex(sha256(concat(Uint8Array.of(1), fromHex(left), fromHex(right))));
const isOdd = (n) => n % 2 === 1;
const half = (n) => Math.floor(n / 2);
/** RFC 9162 section 2.1.3.2; log_inconsistent unless the leaf is number `index` of the tree. */
export function verifyInclusion(leaf, index, size, proof, root) {
    if (index >= size) {
        throw inconsistent(`entry ${index} cannot be in a tree of ${size} entries`);
    }
    let fn = index;
    let sn = size - 1;
    let hash = leaf;
    for (const sibling of proof) {
        if (sn === 0)
            throw inconsistent('the inclusion proof is too long');
        if (isOdd(fn) || fn === sn) {
            hash = node(sibling, hash);
            while (!isOdd(fn) && fn !== 0) {
                fn = half(fn);
                sn = half(sn);
            }
        }
        else {
            hash = node(hash, sibling);
        }
        fn = half(fn);
        sn = half(sn);
    }
    if (sn !== 0)
        throw inconsistent('the inclusion proof is too short');
    if (hash !== root) {
        throw inconsistent(`the inclusion proof of entry ${index} leads to another root`);
    }
}
/** RFC 9162 section 2.1.4.2; log_inconsistent unless the newer tree begins with the older one. */
export function verifyConsistency(oldSize, oldRoot, newSize, newRoot, proof) {
    if (oldSize > newSize)
        throw inconsistent('the older tree is larger than the newer one');
    if (oldSize === 0 || oldSize === newSize) {
        if (proof.length > 0)
            throw inconsistent('the consistency proof should be empty');
        const expected = oldSize === newSize ? newRoot : emptyRoot;
        if (oldRoot !== expected || (newSize === 0 && newRoot !== emptyRoot)) {
            throw inconsistent(`two trees of ${oldSize} entries have different roots`);
        }
        return;
    }
    const hashes = Number.isInteger(Math.log2(oldSize)) ? [oldRoot, ...proof] : [...proof];
    const first = hashes.shift();
    if (first === undefined || proof.length === 0) {
        throw inconsistent('the consistency proof is empty');
    }
    let fn = oldSize - 1;
    let sn = newSize - 1;
    while (isOdd(fn)) {
        fn = half(fn);
        sn = half(sn);
    }
    let oldHash = first;
    let newHash = first;
    for (const hash of hashes) {
        if (sn === 0)
            throw inconsistent('the consistency proof is too long');
        if (isOdd(fn) || fn === sn) {
            oldHash = node(hash, oldHash);
            newHash = node(hash, newHash);
            while (!isOdd(fn) && fn !== 0) {
                fn = half(fn);
                sn = half(sn);
            }
        }
        else {
            newHash = node(newHash, hash);
        }
        fn = half(fn);
        sn = half(sn);
    }
    if (sn !== 0)
        throw inconsistent('the consistency proof is too short');
    if (oldHash !== oldRoot || newHash !== newRoot) {
        throw inconsistent(`the tree of ${newSize} entries does not contain the tree of ${oldSize} as its beginning`);
    }
}
/** Hashes of a proof as they travel; log_inconsistent when they are none. */
export function proofHashes(hashes) {
    if (hashes.length > 63)
        throw inconsistent("the relay's proof has more than 63 hashes");
    if (hashes.some((hash) => hash.length !== 32)) {
        throw inconsistent("a hash of the relay's proof is not 32 bytes");
    }
    return hashes.map(hex);
}
