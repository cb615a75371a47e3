-- Labels as symbols in a real Neovim: definition, references, hover, and a rename in all files that one undo each takes back.
--
--   GLOSS_BIN=target/debug/gloss nvim --clean --headless -l tests/neovim/symbols.lua
--
-- Works on a copy of fixtures/support-tickets in a temporary folder. Prints what it sees; exits 0, or 1 with what was expected and what was
-- there.

local common = dofile(vim.fs.dirname(debug.getinfo(1, 'S').source:sub(2)) .. '/common.lua')
local say, await, check = common.say, common.await, common.check

local OLD, NEW = 'billing', 'payment & "fees"'

--- How many rows of these lines have the label.
local function rows_with(lines, label)
  local count = 0
  for _, line in ipairs(lines) do
    if line ~= '' and vim.json.decode(line).label == label then
      count = count + 1
    end
  end
  return count
end

local function lines_in(path)
  return vim.split(common.read(path), '\n')
end

--- Puts the cursor on the label of a row that has it.
local function go_to(buffer, label)
  for number, line in ipairs(common.lines_of(buffer)) do
    local column = line:find('"label": ' .. vim.json.encode(label), 1, true)
    if column then
      vim.api.nvim_win_set_cursor(0, { number, column - 1 + #'"label": "' })
      return number
    end
  end
  error('no row is labelled ' .. label, 0)
end

local function ask(buffer, server, method, more)
  local cursor = vim.api.nvim_win_get_cursor(0)
  local params = vim.tbl_extend('force', {
    textDocument = vim.lsp.util.make_text_document_params(buffer),
    position = { line = cursor[1] - 1, character = cursor[2] },
  }, more or {})
  local answers = vim.lsp.buf_request_sync(buffer, method, params, common.LIMIT) or {}
  return vim.tbl_get(answers, server.id, 'result')
end

local function suggested(buffer, label)
  local by_code = common.notes(buffer)
  for _, code in ipairs({ 'suggestion', 'label-next' }) do
    for _, diagnostic in ipairs(by_code[code] or {}) do
      if vim.tbl_get(diagnostic, 'data', 'label') == label then
        return true
      end
    end
  end
  return false
end

local function run(folder)
  common.copy('support-tickets', { 'gloss.toml', 'tickets.jsonl', 'test.jsonl' }, folder)
  local path, test = folder .. '/tickets.jsonl', folder .. '/test.jsonl'
  local buffer, server = common.open(path, folder)
  await('a suggestion of ' .. OLD, function()
    check(server.exit_code == nil, 'the server ended by itself with exit code %s', server.exit_code)
    return suggested(buffer, OLD)
  end)

  say('\n# Hover on a label')
  go_to(buffer, OLD)
  local hover = vim.tbl_get(ask(buffer, server, 'textDocument/hover') or {}, 'contents', 'value') or ''
  say('%s', hover)
  check(hover:find('precision %d+%%, recall %d+%%'), 'the hover has no figures:\n%s', hover)

  say('\n# References, open or not')
  local here, there = rows_with(common.lines_of(buffer), OLD), rows_with(lines_in(test), OLD)
  vim.lsp.buf.references({ includeDeclaration = false })
  await('the list of references', function()
    return #vim.fn.getqflist() > 0
  end)
  say('%d rows here, %d in test.jsonl, %d found', here, there, #vim.fn.getqflist())
  check(there > 0 and #vim.fn.getqflist() == here + there, 'found %d', #vim.fn.getqflist())
  vim.cmd('cclose')
  vim.api.nvim_set_current_buf(buffer)

  say('\n# Definition')
  local row = go_to(buffer, OLD)
  vim.lsp.buf.definition()
  await('gloss.toml', function()
    return vim.endswith(vim.api.nvim_buf_get_name(0), 'gloss.toml')
  end)
  local line = vim.api.nvim_get_current_line()
  say('%s', line)
  check(vim.startswith(line, OLD .. ' = '), 'the definition is %s', line)
  vim.api.nvim_set_current_buf(buffer)

  say('\n# Symbols of the file')
  local symbols = ask(buffer, server, 'textDocument/documentSymbol') or {}
  for _, symbol in ipairs(symbols) do
    say('  %s', symbol.name)
  end
  check(#symbols > 3, 'there are %d', #symbols)

  say('\n# Renamed everywhere')
  local before = common.lines_of(buffer)
  vim.api.nvim_win_set_cursor(0, { row, before[row]:find('"label": "', 1, true) - 1 + #'"label": "' })
  vim.cmd('let &undolevels = &undolevels')
  vim.lsp.buf.rename(NEW)
  await('the rename to change the buffer', function()
    return rows_with(common.lines_of(buffer), OLD) == 0
  end)
  check(rows_with(common.lines_of(buffer), NEW) == here, '%d rows were renamed', rows_with(common.lines_of(buffer), NEW))
  for number, after in ipairs(common.lines_of(buffer)) do
    local expected = before[number]
    if expected ~= '' and vim.json.decode(expected).label == OLD then
      local from, to = expected:find('"label": ' .. vim.json.encode(OLD), 1, true)
      expected = expected:sub(1, from - 1) .. '"label": "payment & \\"fees\\""' .. expected:sub(to + 1)
    end
    check(after == expected, 'line %d: expected\n  %s\nfound\n  %s', number, expected, after)
  end
  vim.cmd('silent undo')
  check(vim.deep_equal(before, common.lines_of(buffer)), 'one undo does not take it back')
  vim.cmd('silent redo')
  vim.cmd('silent wall')
  check(rows_with(lines_in(test), NEW) == there, 'test.jsonl was not renamed')
  check(common.read(folder .. '/gloss.toml'):find('\n"payment & \\"fees\\"" = "Charges', 1, true), 'gloss.toml was not renamed')

  say('\n# Saved: suggestions have the new name')
  await('a suggestion of ' .. NEW .. ', and none of ' .. OLD, function()
    return suggested(buffer, NEW) and not suggested(buffer, OLD)
  end)
  check(#(common.notes(buffer)['unknown-label'] or {}) == 0, 'labels are unknown')

  say('\n# The end')
  server.stop()
end

common.main(run)
