import { describe, expect, it, onTestFinished } from 'vitest'
import { examineSandbox } from '../../test/sandbox-exam.ts'
import type { Sandbox, SandboxSpec } from '../core/index.ts'
import { namespaceSandbox } from './namespace.ts'
import { openSandboxes } from './open-sandboxes.ts'

const missing = await namespaceSandbox.missing()
if (missing !== undefined) process.stderr.write(`the python sandbox was not examined: ${missing}\n`)
else
  for (const language of ['python', 'shell'] as const)
    examineSandbox('python', { start: () => openSandboxes('python'), language, isolation: 'namespace' })

const never = new AbortController().signal

async function open(spec: Partial<SandboxSpec> = {}): Promise<Sandbox> {
  const all = openSandboxes('python')
  onTestFinished(() => all[Symbol.asyncDispose]())
  return all.open({ language: 'python', ...spec }, never)
}

describe.skipIf(missing !== undefined)('the python sandbox', () => {
  it('shows an episode its own: folders, environment, descriptors, processes', async () => {
    const sandbox = await open()
    const said = async (code: string): Promise<string> => (await sandbox.exec(code)).stdout.trim()
    expect(await said('import os; print(sorted(os.listdir("/etc")), os.getcwd(), os.getuid())')).toBe(
      "['alternatives', 'group', 'hosts', 'ld.so.cache', 'passwd'] /work 1000",
    )
    expect(await said('print([fd for fd in range(99) if os.path.exists(f"/proc/self/fd/{fd}")])')).toBe(
      '[0, 1, 2, 3, 4, 9]',
    )
    expect(await said('print([name for name in os.listdir("/proc") if name.isdigit()])')).toBe("['1', '2']")
    expect(await said('print(sorted(os.environ))')).not.toMatch(/LUDUS|KEY|TOKEN|SECRET/)
    expect(await said('print(open("/proc/self/status").read())')).toMatch(
      /CapBnd:\t0+\n[\s\S]*NoNewPrivs:\t1\nSeccomp:\t2/,
    )
  })

  it('runs what a program is made of: threads, processes, a server of its own, sqlite, a shell', async () => {
    const sandbox = await open()
    const said = async (code: string): Promise<string> => (await sandbox.exec(code)).stdout
    expect(await said('import threading; t = threading.Thread(target=print, args=(1,)); t.start(); t.join()')).toBe(
      '1\n',
    )
    expect(
      await said(
        'import multiprocessing\ndef f(x): return x * x\nwith multiprocessing.Pool(2) as p: print(p.map(f, [2, 3]))',
      ),
    ).toBe('[4, 9]\n')
    expect(
      await said(
        'import http.server, urllib.request\ns = http.server.HTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)\nthreading.Thread(target=s.serve_forever, daemon=True).start()\nprint(urllib.request.urlopen(f"http://127.0.0.1:{s.server_port}/").status)',
      ),
    ).toBe('200\n')
    expect(await said('import sqlite3; print(sqlite3.connect("a.db").execute("select 6 * 7").fetchone())')).toBe(
      '(42,)\n',
    )
    await sandbox.exec('mkdir -p deep && cd deep && export NAME=there', { language: 'shell' })
    expect((await sandbox.exec('echo $NAME; pwd', { language: 'shell' })).stdout).toBe('there\n/work/deep\n')
    await expect(sandbox.exec('1', { language: 'javascript' })).rejects.toThrow('runs python and shell, not javascript')
  })

  it('lets code print to its end, however much and however small the disk', async () => {
    const sandbox = await open({ diskMb: 1, outputBytes: 2000 })
    const result = await sandbox.exec('for i in range(50): print(str(i % 10) * 100_000)\nprint("the end")')
    expect(result).toMatchObject({ exitCode: 0, truncated: true, stderr: '' })
    expect(result.stdout).toMatch(/^0+\n\[\.\.\. \d+ bytes cut \.\.\.\]\n9+\nthe end\n$/)
  })

  it('has an output again after the code closed it', async () => {
    const sandbox = await open()
    await sandbox.exec('import sys; sys.stdout.close()')
    expect((await sandbox.exec('print(1)')).stdout).toBe('1\n')
  })

  it('keeps what was said before a crash, and the files', async () => {
    const sandbox = await open()
    const result = await sandbox.exec('import os\nopen("a", "w").write("b")\nprint("before", flush=True)\nos.abort()')
    expect(result).toMatchObject({ stdout: 'before\n', exitCode: null, died: 'it was ended by signal 6' })
    expect(Buffer.from(await sandbox.read('a')).toString()).toBe('b')
    expect(await sandbox.changes()).toEqual([{ path: 'a', kind: 'added', bytes: 1 }])
  })

  it('hears no more of one that keeps it busy with what nobody asked', async () => {
    const sandbox = await open()
    await sandbox.exec(
      'import os, threading\ndef busy():\n  while True: os.write(3, b"{}\\n" * 9999)\nthreading.Thread(target=busy).start()',
    )
    await new Promise((later) => setTimeout(later, 300))
    expect((await sandbox.exec('print(1)')).died).toMatch(/\w/)
  })

  it('is not led out of the folder by links, nor held up by pipes', async () => {
    const sandbox = await open()
    await sandbox.exec('import os\nos.symlink("/etc", "out")\nos.symlink("/etc/passwd", "file")\nos.mkfifo("pipe")')
    for (const path of ['out/passwd', 'file', 'pipe', 'out'])
      await expect(sandbox.read(path)).rejects.toThrow(/\w+ \w+/)
    await expect(sandbox.write('out/x', 'x')).rejects.toThrow('leads out')
    expect((await sandbox.changes()).map(({ path }) => path)).toEqual(['file', 'out', 'pipe'])
    await sandbox.exec('for i in range(3000):\n  os.mkdir("d"); os.chdir("d")\nos.chdir("/work")')
    expect((await sandbox.changes()).map(({ path }) => path)).toEqual(['file', 'out', 'pipe'])
  })

  it('forks in the folder where it stands, the shell too', async () => {
    const sandbox = await open()
    await sandbox.exec('import os; os.mkdir("sub"); os.chdir("sub"); f = open("kept", "w+")')
    await sandbox.exec('cd sub', { language: 'shell' })
    await using fork = await sandbox.fork!()
    await fork.exec('open("new", "w").write("x")')
    await fork.exec('echo y > other', { language: 'shell' })
    expect((await fork.changes()).map(({ path }) => path)).toEqual(['sub/kept', 'sub/new', 'sub/other'])
    expect((await sandbox.changes()).map(({ path }) => path)).toEqual(['sub/kept'])
    expect((await fork.exec('import os\ntry: os.wait()\nexcept ChildProcessError: print("no child")')).stdout).toBe(
      'no child\n',
    )
    await fork.kill()
    expect((await sandbox.exec('print(f.closed)')).stdout).toBe('False\n')
  })
})

it('a sandbox that is weaker than the world asks is refused, and one that would do is named', async () => {
  await using weak = openSandboxes('shell')
  const refused = weak.open({ language: 'shell', isolation: 'namespace' }, never)
  await expect(refused).rejects.toThrow(/'shell' keeps code inside by 'none', and this world asks for 'namespace'/)
  if (missing === undefined) await expect(refused).rejects.toThrow('--sandbox python')
  await using python = openSandboxes('python')
  await expect(python.open({ language: 'javascript' }, never)).rejects.toThrow(/runs python and shell, not javascript/)
  expect(() => openSandboxes('nowhere')).toThrow(/there is no sandbox 'nowhere': there are auto, python/)
})
