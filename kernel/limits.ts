/** Every fixed limit of the kernel, in one place, with Linux's name and value where it has one. */

/** Bytes in one file name. */
export const NAME_MAX = 255;
/** Bytes in a path, its terminating NUL counted. */
export const PATH_MAX = 4096;
/** Symbolic links followed in one path walk. */
export const SYMLOOP_MAX = 40;
/** Hard links to one file. */
export const LINK_MAX = 65_000;
/** Bytes that a pipe holds before a writer waits. */
export const PIPE_CAPACITY = 65_536;
/** Largest F_SETPIPE_SZ. */
export const PIPE_CAPACITY_MAX = 1_048_576;
/** Bytes that all pipes of a machine may hold before new ones are small. */
export const PIPE_MEMORY = 67_108_864;
/** Bytes that one write to a pipe moves undivided. */
export const PIPE_BUF = 4096;
/** Bytes that one direction of a stream socket holds before its writer waits. */
export const SOCKET_CAPACITY = 131_072;
/** The least of that which SO_RCVBUF may ask for, and what a stream gets where memory is short. */
export const SOCKET_CAPACITY_MIN = 4096;
/** Largest SO_RCVBUF and SO_SNDBUF (/proc/sys/net/core/rmem_max). */
export const SOCKET_CAPACITY_MAX = 212_992;
/** Bytes that all sockets of a machine may hold before new streams are small and datagrams are refused. */
export const SOCKET_MEMORY = 67_108_864;
/** Connections that wait at one listening socket (/proc/sys/net/core/somaxconn). */
export const SOMAXCONN = 4096;
/** Ports that a socket without a choice gets (/proc/sys/net/ipv4/ip_local_port_range). */
export const PORT_FIRST_EPHEMERAL = 32_768;
export const PORT_LAST_EPHEMERAL = 60_999;
/** Connections to the outside of one machine, those under way with them; ENFILE. */
export const WAY_MAX = 1024;
/** Bytes of a host's name that is looked up. */
export const HOST_NAME_MAX = 255;
/** Bytes of a UDP datagram. */
export const UDP_MAX = 65_507;
/** Bytes of the name of a Unix socket (sun_path). */
export const UNIX_PATH_MAX = 108;
/** Descriptors that one message carries (SCM_RIGHTS). */
export const SCM_MAX_FD = 253;
/** Descriptors of one machine that are on their way in messages; ETOOMANYREFS. */
export const RIGHTS_MAX = 4096;
/** Bytes of the host's memory that the codecs of a machine may have together; ENOMEM. */
export const CODEC_MEMORY = 536_870_912;
/** Bytes in and out up to which compressors have touched less memory than they may. */
export const CODEC_LITTLE = 262_144;
/** Bytes that one step of a codec takes or makes at most. */
export const CODEC_STEP_MAX = 1_048_576;
/** Bytes of the host's memory that contexts and connections of TLS may have together; ENOMEM. */
export const TLS_MEMORY = 268_435_456;
/** Bytes of one message to them: what every transport carries. */
export const TLS_MESSAGE_MAX = 1_048_576;
/** Bytes of argv and environment together. */
export const ARG_MAX = 2_097_152;
/** Bytes of one argument or environment string, its NUL counted. */
export const ARG_STRING_MAX = 131_072;
/** Bytes of one `#!` line. */
export const SHEBANG_MAX = 256;
/** `#!` interpreters in a row. */
export const SHEBANG_DEPTH = 5;
/** Highest process id before numbers are used again. */
export const PID_MAX = 32_768;
/** Supplementary groups of a process. */
export const NGROUPS_MAX = 65_536;
/** Bytes in one line of a terminal's canonical input. */
export const MAX_CANON = 4096;
/** Pseudo-terminals of one machine: the minor numbers of one major. */
export const PTY_MAX = 256;
/** Bytes of one extended attribute's name and value. */
export const XATTR_NAME_MAX = 255;
export const XATTR_SIZE_MAX = 65_536;
/** Bytes of all names of one file's extended attributes, each with its NUL. */
export const XATTR_LIST_MAX = 65_536;
/** Largest file size and offset: what a JavaScript number holds exactly. */
export const OFFSET_MAX = Number.MAX_SAFE_INTEGER;
/** Bytes that one read or write moves at most. */
export const RW_MAX = 0x7fff_f000;
/** inotify instances of one machine; EMFILE. */
export const INOTIFY_INSTANCES = 128;
/** Files that they watch together; ENOSPC. */
export const INOTIFY_WATCHES = 65_536;
/** Events that wait in one of them before the next is IN_Q_OVERFLOW. */
export const INOTIFY_QUEUE = 16_384;
/** Milliseconds that an in-kernel program may compute before it must give way. */
export const TIME_SLICE = 5;
