/** How an MCP server is started. */
/** A server that speaks MCP over stdin and stdout. */
export interface McpServer {
  /** The program: its whole path where it is a process of ours, for it is given no PATH. */
  readonly command: string
  readonly args?: readonly string[]
  /** Files of its folder, by path, in which it starts. */
  readonly files?: Readonly<Record<string, string>>
}
