-- Spans in a real Neovim: suggested on their characters, accepted one by one, labelled by a visual selection, saved.
--
--   GLOSS_BIN=target/debug/gloss nvim --clean --headless -l tests/neovim/spans.lua
--
-- Works on a copy of fixtures/travel-notes in a temporary folder, with a row of emoji and escapes behind it. Prints what it sees; exits 0,
-- or 1 with what was expected and what was there.

local common = dofile(vim.fs.dirname(debug.getinfo(1, 'S').source:sub(2)) .. '/common.lua')
local say, await, check = common.say, common.await, common.check

local NOTE = 'On 4 May the night train from Paris to Madrid was cancelled.'
local ESCAPED = [[{"text": "\ud83d\ude00 飞往 \"北京\" by ferry"}]]

local function row_of(buffer, part)
  for number, line in ipairs(common.lines_of(buffer)) do
    if line:find(part, 1, true) then
      return number, line
    end
  end
  error('no row with ' .. part, 0)
end

--- The characters that a diagnostic underlines.
local function under(buffer, diagnostic)
  local text = vim.api.nvim_buf_get_text(buffer, diagnostic.lnum, diagnostic.col, diagnostic.end_lnum, diagnostic.end_col, {})
  return table.concat(text, '\n')
end

--- The suggested spans of a row, in its order.
local function suggested(buffer, row)
  local by_code = common.notes(buffer)
  local found = {}
  for _, code in ipairs({ 'suggestion', 'label-next' }) do
    for _, diagnostic in ipairs(by_code[code] or {}) do
      if diagnostic.lnum == row - 1 then
        table.insert(found, diagnostic)
      end
    end
  end
  table.sort(found, function(a, b)
    return a.col < b.col
  end)
  return found
end

--- Takes the action whose title begins so, on what is selected or where the cursor is.
local function take(buffer, title)
  local before, offered = common.lines_of(buffer), {}
  vim.lsp.buf.code_action({
    apply = true,
    filter = function(action)
      table.insert(offered, action.title)
      return vim.startswith(action.title, title)
    end,
  })
  await('the action ' .. title .. ' to change the buffer; offered: ' .. table.concat(offered, ' | '), function()
    return not vim.deep_equal(before, common.lines_of(buffer))
  end)
  say('took %s', title)
end

--- Selects the first place of these characters in a row, as a person does in visual mode.
local function select(buffer, row, part)
  local column = assert(common.lines_of(buffer)[row]:find(part, 1, true)) - 1
  vim.api.nvim_win_set_cursor(0, { row, column })
  vim.cmd('normal! v')
  vim.api.nvim_win_set_cursor(0, { row, column + #part - #vim.fn.strcharpart(part, vim.fn.strchars(part) - 1) })
end

local function run(folder)
  common.copy('travel-notes', { 'gloss.toml', 'notes.jsonl' }, folder)
  local path = folder .. '/notes.jsonl'
  common.write(path, common.read(path) .. ESCAPED .. '\n')
  local buffer, server = common.open(path, folder)

  say('\n# Suggested on the very characters')
  local row = row_of(buffer, NOTE)
  await('suggested spans on row ' .. row, function()
    check(server.exit_code == nil, 'the server ended by itself with exit code %s', server.exit_code)
    return #suggested(buffer, row) > 1
  end)
  local train
  for _, diagnostic in ipairs(suggested(buffer, row)) do
    say('  %s: %s', under(buffer, diagnostic), diagnostic.message)
    if under(buffer, diagnostic) == 'night train' then
      train = diagnostic
    end
  end
  check(train and train.data.label == 'transport', 'the train was not found')

  say('\n# One is accepted')
  vim.api.nvim_win_set_cursor(0, { row, train.col + 2 })
  take(buffer, 'Label `night train` as `transport`')
  local _, line = row_of(buffer, NOTE)
  check(vim.endswith(line, '"spans": [{"start": 13, "end": 24, "label": "transport"}]}'), 'the row is now %s', line)

  say('\n# A selection is labelled, through escapes')
  local escaped = row_of(buffer, '飞往')
  select(buffer, escaped, '北京')
  take(buffer, 'Label `北京` as `place`')
  vim.cmd('normal! \27')
  _, line = row_of(buffer, '飞往')
  -- 😀 is one character: 0; 飞往 2 to 4; the quote 5; 北京 6 to 8.
  check(line == ESCAPED:sub(1, -2) .. ', "spans": [{"start": 6, "end": 8, "label": "place"}]}', 'the row is now %s', line)
  await('the span on its characters', function()
    for _, diagnostic in ipairs(common.notes(buffer)['span'] or {}) do
      if diagnostic.lnum == escaped - 1 then
        return under(buffer, diagnostic) == '北京'
      end
    end
  end)

  say('\n# Relabelled, and removed')
  select(buffer, row, 'night train')
  take(buffer, 'Relabel `night train` as `place`')
  vim.cmd('normal! \27')
  select(buffer, row, 'night train')
  take(buffer, 'Remove `place` from `night train`')
  vim.cmd('normal! \27')
  _, line = row_of(buffer, NOTE)
  check(vim.endswith(line, '"spans": []}'), 'the row is now %s', line)

  say('\n# Saved: it learns')
  local version = vim.tbl_get(suggested(buffer, row_of(buffer, 'We took a taxi in Lima'))[1] or {}, 'data', 'model_version')
  common.save(buffer, path)
  await('suggestions of a newer model', function()
    local first = suggested(buffer, row_of(buffer, 'We took a taxi in Lima'))[1]
    return first and first.data.model_version ~= version
  end)

  say('\n# The end')
  server.stop()
end

common.main(run)
