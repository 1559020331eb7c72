/**
 * The system calls that code in a namespace sandbox may not make, as a filter for the kernel (classic BPF). What it
 * refuses is what has led out of namespaces before and what no program of an episode needs.
 */

interface Architecture {
  /** AUDIT_ARCH_*, as the kernel names it to a filter. */
  readonly audit: number
  readonly column: 0 | 1
}

const ARCHITECTURES: Readonly<Record<string, Architecture>> = {
  x64: { audit: 0xc000003e, column: 0 },
  arm64: { audit: 0xc00000b7, column: 1 },
}

/** Numbers on x86_64 and on aarch64; null where there is no such call. */
type Numbers = readonly [x64: number | null, arm64: number | null]

const REFUSED: Readonly<Record<string, Numbers>> = {
  // Into other processes, and what is not theirs.
  ptrace: [101, 117],
  process_vm_readv: [310, 270],
  process_vm_writev: [311, 271],
  process_madvise: [440, 440],
  kcmp: [312, 272],
  pidfd_getfd: [438, 438],
  // Namespaces and mounts.
  unshare: [272, 97],
  setns: [308, 268],
  mount: [165, 40],
  umount2: [166, 39],
  pivot_root: [155, 41],
  chroot: [161, 51],
  open_tree: [428, 428],
  move_mount: [429, 429],
  fsopen: [430, 430],
  fsconfig: [431, 431],
  fsmount: [432, 432],
  fspick: [433, 433],
  mount_setattr: [442, 442],
  statmount: [457, 457],
  listmount: [458, 458],
  open_tree_attr: [467, 467],
  // Large doors into the kernel.
  bpf: [321, 280],
  perf_event_open: [298, 241],
  userfaultfd: [323, 282],
  io_uring_setup: [425, 425],
  io_uring_enter: [426, 426],
  io_uring_register: [427, 427],
  add_key: [248, 217],
  request_key: [249, 218],
  keyctl: [250, 219],
  fanotify_init: [300, 262],
  name_to_handle_at: [303, 264],
  open_by_handle_at: [304, 265],
  memfd_secret: [447, 447],
  personality: [135, 92],
  modify_ldt: [154, null],
  vmsplice: [278, 75],
  mbind: [237, 235],
  set_mempolicy: [238, 237],
  set_mempolicy_home_node: [450, 450],
  migrate_pages: [256, 238],
  move_pages: [279, 239],
  // The machine itself.
  kexec_load: [246, 104],
  kexec_file_load: [320, 294],
  reboot: [169, 142],
  init_module: [175, 105],
  finit_module: [313, 273],
  delete_module: [176, 106],
  swapon: [167, 224],
  swapoff: [168, 225],
  acct: [163, 89],
  quotactl: [179, 60],
  quotactl_fd: [443, 443],
  settimeofday: [164, 170],
  clock_settime: [227, 112],
  clock_adjtime: [305, 266],
  adjtimex: [159, 171],
  sethostname: [170, 161],
  setdomainname: [171, 162],
  iopl: [172, null],
  ioperm: [173, null],
  vhangup: [153, 58],
  syslog: [103, 116],
  lookup_dcookie: [212, 18],
  nfsservctl: [180, 42],
  uselib: [134, null],
  _sysctl: [156, null],
}

const CLONE: Numbers = [56, 220]
const CLONE3: Numbers = [435, 435]
const SOCKET: Numbers = [41, 198]
const SOCKETPAIR: Numbers = [53, 199]

/** CLONE_NEW* of every kind. */
const NEW_NAMESPACES = 0x7e020080
/** Unix, IPv4, IPv6. The others are doors into the kernel, and vsock leads to whoever runs this machine. */
const FAMILIES = [1, 2, 10]
const X32 = 0x40000000

const [EPERM, ENOSYS, EAFNOSUPPORT] = [1, 38, 97]
const ALLOW = 0x7fff0000
const KILL = 0x80000000
const refuse = (errno: number): number => 0x00050000 | errno

/** Offsets in what a filter sees of a call. */
const AT = { number: 0, architecture: 4, firstArgument: 16 }

type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, value: number]
const load = (offset: number): Instruction => [0x20, 0, 0, offset]
const answer = (value: number): Instruction => [0x06, 0, 0, value]
const equal = (value: number, ifTrue: number, ifFalse: number): Instruction => [0x15, ifTrue, ifFalse, value]
const atLeast = (value: number, ifTrue: number, ifFalse: number): Instruction => [0x35, ifTrue, ifFalse, value]
const anyBit = (value: number, ifTrue: number, ifFalse: number): Instruction => [0x45, ifTrue, ifFalse, value]

/** The filter as bytes of `struct sock_filter`; undefined where the architecture is not known to it. */
export function seccompFilter(architecture: string): Buffer | undefined {
  const known = Object.hasOwn(ARCHITECTURES, architecture) ? ARCHITECTURES[architecture] : undefined
  if (!known) return undefined
  const { audit, column } = known
  const program: Instruction[] = [
    load(AT.architecture),
    equal(audit, 1, 0),
    answer(KILL),
    load(AT.number),
    // The other numbering of x86_64 would walk around all that follows.
    ...(column === 0 ? [atLeast(X32, 0, 1), answer(refuse(ENOSYS))] : []),
    // glibc falls back to clone, whose flags can be seen.
    equal(CLONE3[column]!, 0, 1),
    answer(refuse(ENOSYS)),
    ...Object.values(REFUSED).flatMap((numbers): Instruction[] => {
      const number = numbers[column]
      return number === null ? [] : [equal(number, 0, 1), answer(refuse(EPERM))]
    }),
    ...sockets(SOCKET[column]!),
    ...sockets(SOCKETPAIR[column]!),
    equal(CLONE[column]!, 0, 3),
    load(AT.firstArgument),
    anyBit(NEW_NAMESPACES, 0, 1),
    answer(refuse(EPERM)),
    answer(ALLOW),
  ]
  return Buffer.concat(program.map(bytes))
}

/** Refuses the families that are not in the list. Leaves the number of the call loaded where it is another call. */
function sockets(number: number): Instruction[] {
  const count = FAMILIES.length
  return [
    equal(number, 0, count + 3),
    load(AT.firstArgument),
    ...FAMILIES.map((family, i) => equal(family, count - i, 0)),
    answer(refuse(EAFNOSUPPORT)),
    answer(ALLOW),
  ]
}

function bytes([code, ifTrue, ifFalse, value]: Instruction): Buffer {
  const out = Buffer.alloc(8)
  out.writeUInt16LE(code, 0)
  out.writeUInt8(ifTrue, 2)
  out.writeUInt8(ifFalse, 3)
  out.writeUInt32LE(value >>> 0, 4)
  return out
}
