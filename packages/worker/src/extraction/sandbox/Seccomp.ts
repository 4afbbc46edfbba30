import { type Architecture, addressOf, numbers, systemCall } from "./Kernel.ts"

/**
 * Calls that are refused with EPERM, as [x64, arm64] numbers (asm/unistd.h); -1 where the architecture has no such call.
 * Landlock sees to what opens files; here is what it does not know.
 */
const refused: Readonly<Record<string, ReadonlyArray<readonly [number, number]>>> = {
  // socket, socketpair, connect, bind, listen, accept, accept4
  network: [
    [41, 198],
    [53, 199],
    [42, 203],
    [49, 200],
    [50, 201],
    [43, 202],
    [288, 242]
  ],
  // fork, vfork, execveat, unshare, setns
  processes: [
    [57, -1],
    [58, -1],
    [322, 281],
    [272, 97],
    [308, 268]
  ],
  // kill, tkill, rt_sigqueueinfo, rt_tgsigqueueinfo, pidfd_open, pidfd_send_signal, pidfd_getfd
  signals: [
    [62, 129],
    [200, 130],
    [129, 138],
    [297, 240],
    [434, 434],
    [424, 424],
    [438, 438]
  ],
  // ptrace, process_vm_readv, process_vm_writev, kcmp, process_madvise, process_mrelease, perf_event_open
  "other processes": [
    [101, 117],
    [310, 270],
    [311, 271],
    [312, 272],
    [440, 440],
    [448, 448],
    [298, 241]
  ],
  // sched_setscheduler, sched_setparam, sched_setattr, sched_setaffinity, setpriority, ioprio_set, migrate_pages, move_pages
  "priorities of others": [
    [144, 119],
    [142, 118],
    [314, 274],
    [203, 122],
    [141, 140],
    [251, 30],
    [256, 238],
    [279, 239]
  ],
  // chmod, fchmod, fchmodat, fchmodat2, chown, fchown, lchown, fchownat, utime, utimes, futimesat, utimensat
  "modes and times": [
    [90, -1],
    [91, 52],
    [268, 53],
    [452, 452],
    [92, -1],
    [93, 55],
    [94, -1],
    [260, 54],
    [132, -1],
    [235, -1],
    [261, -1],
    [280, 88]
  ],
  // (f, l)setxattr, (f, l)removexattr, setxattrat, removexattrat, truncate
  attributes: [
    [188, 5],
    [189, 6],
    [190, 7],
    [197, 14],
    [198, 15],
    [199, 16],
    [463, 463],
    [466, 466],
    [76, 45]
  ],
  // io_uring_setup, io_uring_enter, io_uring_register, bpf, userfaultfd, memfd_create, memfd_secret
  "kernel interfaces": [
    [425, 425],
    [426, 426],
    [427, 427],
    [321, 280],
    [323, 282],
    [319, 279],
    [447, 447]
  ],
  // add_key, request_key, keyctl, shmget, shmat, semget, msgget, mq_open
  "shared objects": [
    [248, 217],
    [249, 218],
    [250, 219],
    [29, 194],
    [30, 196],
    [64, 190],
    [68, 186],
    [240, 180]
  ],
  // inotify_add_watch, fanotify_init, open_by_handle_at
  watching: [
    [254, 27],
    [300, 262],
    [304, 265]
  ],
  // mount, umount2, pivot_root, chroot, open_tree, move_mount, fsopen, fsconfig, fsmount, fspick, mount_setattr
  mounts: [
    [165, 40],
    [166, 39],
    [155, 41],
    [161, 51],
    [428, 428],
    [429, 429],
    [430, 430],
    [431, 431],
    [432, 432],
    [433, 433],
    [442, 442]
  ]
}

const calls = {
  x64: { column: 0, audit: 0xc000003e, clone: 56, tgkill: 234, prlimit64: numbers.x64.prlimit64 },
  arm64: { column: 1, audit: 0xc00000b7, clone: 220, tgkill: 131, prlimit64: numbers.arm64.prlimit64 }
} as const

const clone3 = 435
const threadFlag = 0x10000
/** Bit of the numbers of the x32 ABI, which the filter does not know. */
const x32 = 0x40000000

const allow = 0x7fff0000
const refuse = 0x00050001
/** ENOSYS: the C library then uses clone, whose flags the filter can read. */
const unknown = 0x00050026

// struct seccomp_data: where the call's number, its architecture and the low half of its first argument are.
const numberAt = 0
const architectureAt = 4
const argumentAt = 16

type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, value: number]
const load = (offset: number): Instruction => [0x20, 0, 0, offset]
const answer = (value: number): Instruction => [0x06, 0, 0, value]
/** Runs the next `length` instructions only if the loaded word is this. */
const onlyIf = (value: number, length: number): Instruction => [0x15, 0, length, value]
const onlyIfAtLeast = (value: number, length: number): Instruction => [0x35, 0, length, value]
const onlyIfSet = (bits: number, length: number): Instruction => [0x45, 0, length, bits]

const program = (machine: Architecture, pid: number): ReadonlyArray<Instruction> => {
  const { column, audit, clone, tgkill, prlimit64 } = calls[machine]
  const numbersRefused = Object.values(refused).flatMap((rows) => rows.map((row) => row[column]).filter((n) => n >= 0))
  return [
    load(architectureAt),
    [0x15, 1, 0, audit],
    answer(refuse),
    load(numberAt),
    onlyIfAtLeast(x32, 1),
    answer(refuse),
    ...numbersRefused.flatMap((number) => [onlyIf(number, 1), answer(refuse)]),
    onlyIf(clone3, 1),
    answer(unknown),
    // Threads, no processes.
    onlyIf(clone, 4),
    load(argumentAt),
    onlyIfSet(threadFlag, 1),
    answer(allow),
    answer(refuse),
    // abort(3) signals its own process.
    onlyIf(tgkill, 4),
    load(argumentAt),
    onlyIf(pid, 1),
    answer(allow),
    answer(refuse),
    // Its own limits, which 0 stands for.
    onlyIf(prlimit64, 4),
    load(argumentAt),
    onlyIf(0, 1),
    answer(allow),
    answer(refuse),
    answer(allow)
  ]
}

/**
 * From here on, this thread and whatever it executes are refused the calls above; `pid` is its process. Needs no_new_privs.
 * Source: seccomp(2). False when the kernel refuses.
 */
export const filterCalls = (machine: Architecture, pid: number): boolean => {
  const instructions = program(machine, pid)
  const bytes = Buffer.alloc(instructions.length * 8)
  for (const [index, [code, ifTrue, ifFalse, value]] of instructions.entries()) {
    bytes.writeUInt16LE(code, index * 8)
    bytes.writeUInt8(ifTrue, index * 8 + 2)
    bytes.writeUInt8(ifFalse, index * 8 + 3)
    bytes.writeUInt32LE(value, index * 8 + 4)
  }
  const header = Buffer.alloc(16)
  header.writeUInt16LE(instructions.length, 0)
  header.writeBigUInt64LE(addressOf(bytes), 8)
  const setFilter = 1
  return systemCall(numbers[machine].seccomp, setFilter, 0, header) === 0
}
