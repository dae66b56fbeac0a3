/** A command line that asks for something that cannot be done; the message says what to do instead. */
export class CommandError extends Error {}
