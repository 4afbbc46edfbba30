import { dlopen, getRawPointer } from "node:ffi"

/** A system call's argument: a number, or the address of these bytes. */
type Argument = number | bigint | Buffer

const { functions: libc } = dlopen(null, {
  syscall: { arguments: ["int64", "uint64", "uint64", "uint64", "uint64", "uint64"], return: "int64" }
})

/** Where the bytes are; they must outlive the call that is given the address. */
export const addressOf = (bytes: Buffer): bigint => getRawPointer(bytes)

const wordOf = (argument: Argument) => (Buffer.isBuffer(argument) ? addressOf(argument) : BigInt(argument))

/** Makes a system call; -1 when the kernel refuses it. */
export const systemCall = (number: number, ...given: ReadonlyArray<Argument>): number => {
  const [a = 0n, b = 0n, c = 0n, d = 0n, e = 0n] = given.map(wordOf)
  return Number(libc.syscall(BigInt(number), a, b, c, d, e))
}

/** The numbers that differ between the architectures kite runs on (asm/unistd.h). */
export const numbers = {
  x64: { prctl: 157, capset: 126, fcntl: 72, prlimit64: 302, seccomp: 317, unshare: 272 },
  arm64: { prctl: 167, capset: 91, fcntl: 25, prlimit64: 261, seccomp: 277, unshare: 97 }
} as const

export type Architecture = keyof typeof numbers

/** The architecture this runs on, if the sandbox knows it. */
export const architecture = (): Architecture | undefined =>
  process.arch === "x64" || process.arch === "arm64" ? process.arch : undefined
