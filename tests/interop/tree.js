// What can be read from a ratchet tree.
import { decodeRatchetTree } from "ts-mls/ratchetTree.js"
import { directPath, leafToNodeIndex, leafWidth } from "ts-mls/treemath.js"

/** The leaf whose credential has the member's name. */
export function leafOf(bytes, { name }) {
  const [tree] = decodeRatchetTree(bytes, 0)
  const at = tree.findIndex(
    (n) => n?.nodeType === "leaf" && Buffer.from(n.leaf.credential.identity).toString() === name,
  )
  return at / 2
}

/** How ts-mls words it. */
export const unmergedFault = /non-blank intermediate node must list leaf node/

/**
 * Does ts-mls 1.6.4 wrongly refuse to join with this tree? It asks of every non-blank node above an
 * unmerged leaf for the same list of unmerged leaves (known.js has the rule of the RFC).
 */
export function tsRefusesTree(bytes) {
  const [tree] = decodeRatchetTree(bytes, 0)
  const lists = (leaf) =>
    directPath(leafToNodeIndex(leaf), leafWidth(tree.length))
      .map((i) => tree[i]?.parent.unmergedLeaves.join())
      .filter((list) => list !== undefined)
  return tree.some(
    (n) =>
      n?.nodeType === "parent" &&
      n.parent.unmergedLeaves.some((leaf) => new Set(lists(leaf)).size > 1),
  )
}
