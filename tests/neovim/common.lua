-- What the scripts of this folder share: waiting, checking, a fixture's copy, the server, the end.
-- Every wait is for a condition; LIMIT only bounds how long a broken server can keep us.

local M = { LIMIT = 60000 } -- milliseconds
local TICK = 10

function M.say(format, ...)
  io.stdout:write(string.format(format, ...), '\n')
  io.stdout:flush()
end

function M.await(what, condition)
  if not vim.wait(M.LIMIT, condition, TICK) then
    error('waited ' .. M.LIMIT / 1000 .. ' s in vain for ' .. what, 0)
  end
end

function M.check(holds, format, ...)
  if not holds then
    error(string.format(format, ...), 0)
  end
end

function M.read(path)
  local file = assert(io.open(path, 'rb'))
  local text = file:read('*a')
  file:close()
  return text
end

function M.write(path, text)
  local file = assert(io.open(path, 'wb'))
  file:write(text)
  file:close()
end

--- The diagnostics of the buffer, by code. `data` is what Gloss adds for its own tools.
function M.notes(buffer)
  local by_code = {}
  for _, diagnostic in ipairs(vim.diagnostic.get(buffer)) do
    local code = tostring(diagnostic.code)
    diagnostic.data = vim.tbl_get(diagnostic, 'user_data', 'lsp', 'data')
    by_code[code] = by_code[code] or {}
    table.insert(by_code[code], diagnostic)
  end
  return by_code
end

--- Copies files of a fixture into a folder. Answers with the folder.
function M.copy(fixture, names, into)
  local here = vim.fn.fnamemodify(debug.getinfo(1, 'S').source:sub(2), ':p:h')
  for _, name in ipairs(names) do
    M.write(into .. '/' .. name, M.read(vim.fs.normalize(here .. '/../../fixtures/' .. fixture .. '/' .. name)))
  end
  return into
end

function M.lines_of(buffer)
  return vim.api.nvim_buf_get_lines(buffer, 0, -1, true)
end

function M.save(buffer, path)
  vim.cmd('silent write')
  M.check(M.read(path) == table.concat(M.lines_of(buffer), '\n') .. '\n', 'the saved file is not what the buffer holds')
end

--- Opens the file with the server. Answers with the buffer and the server: `id`, `exit_code` once it ended, `stop`.
function M.open(path, folder)
  local binary = vim.env.GLOSS_BIN
  M.check(binary and binary ~= '', 'set GLOSS_BIN to the gloss executable')
  binary = vim.fn.fnamemodify(binary, ':p')
  M.check(vim.fn.executable(binary) == 1, '%s is not an executable', binary)
  -- A question to a person would wait for ever.
  vim.ui.select = function(items)
    error('more than one action was left to choose from: ' .. vim.inspect(items), 0)
  end
  local version = vim.version()
  M.say('Neovim %d.%d.%d, %s', version.major, version.minor, version.patch, vim.fn.system({ binary, '--version' }):gsub('%s+$', ''))

  vim.o.swapfile = false
  vim.cmd.edit(vim.fn.fnameescape(path))
  local buffer = vim.api.nvim_get_current_buf()
  local server = {}
  server.id = assert(vim.lsp.start({
    name = 'gloss',
    cmd = { binary, 'lsp' },
    root_dir = folder,
    on_exit = function(code)
      server.exit_code = code
    end,
  }, { bufnr = buffer }))
  function server.stop()
    local client = vim.lsp.get_client_by_id(server.id)
    if version.minor >= 11 then
      client:stop()
    else
      client.stop()
    end
    M.await('the server to end', function()
      return server.exit_code ~= nil
    end)
    M.check(server.exit_code == 0, 'the exit code of the server is %s', server.exit_code)
    M.say('the server ended with exit code 0')
  end
  return buffer, server
end

--- Runs a script in a folder of its own and leaves the editor: 0, or 1 with what was expected and what was there.
function M.main(run)
  local folder = vim.uv.fs_realpath(vim.fn.tempname():match('^(.*)/')) .. '/gloss'
  vim.fn.mkdir(folder, 'p')
  local ok, problem = xpcall(run, function(message)
    -- Expected failures are strings raised at level 0; anything else deserves its place in the code.
    return type(message) == 'string' and message or debug.traceback(vim.inspect(message))
  end, folder)
  if not ok then
    M.say('\nFAIL: %s', problem)
    local log = io.open(vim.lsp.get_log_path())
    if log then
      M.say('\nThe last of %s:\n%s', vim.lsp.get_log_path(), log:read('*a'):sub(-3000))
      log:close()
    end
  end
  for _, client in ipairs(vim.lsp.get_clients()) do
    vim.lsp.stop_client(client.id, true)
  end
  vim.fn.delete(folder, 'rf')
  M.say(ok and '\nPASS' or '')
  io.stdout:flush()
  vim.cmd(ok and 'qall!' or 'cquit!')
end

return M
