/** Which implementation of the hot loops a process uses. */

/** The fast one, or the plain one where the environment has CODEBOOK_LOOPS=plain: chosen once, when the process begins. */
export function chosen<Loops>(plain: Loops, fast: Loops): Loops {
  return process.env.CODEBOOK_LOOPS === "plain" ? plain : fast;
}
