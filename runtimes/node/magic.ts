/** How a file says that it is the Node program: exec looks at content, not at names. */
export const NODE_MAGIC = "\x7fisopod:node\n";
