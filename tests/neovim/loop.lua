-- The loop of Gloss in a real Neovim: open a half-labelled file, see suggestions, label a row with a code action, save,
-- and see what was learned from it.
--
--   GLOSS_BIN=target/debug/gloss nvim --clean --headless -l tests/neovim/loop.lua
--
-- Works on a copy of fixtures/support-tickets in a temporary folder. Prints what it sees; exits 0, or 1 with what was
-- expected and what was there. It goes through the editor's own functions (vim.diagnostic, vim.lsp.inlay_hint,
-- vim.lsp.buf.code_action) wherever they exist, since it is there that a server and an editor disagree.

local common = dofile(vim.fs.dirname(debug.getinfo(1, 'S').source:sub(2)) .. '/common.lua')
local say, await, check, read, write = common.say, common.await, common.check, common.read, common.write
local notes, lines_of, save = common.notes, common.lines_of, common.save

--- A writable copy of the fixture in which half sure is sure enough for "accept all": 156 labels make no classifier that
--- is often 95% sure.
local function copy_of_fixture(into)
  common.copy('support-tickets', { 'gloss.toml', 'tickets.jsonl', 'test.jsonl' }, into)
  write(into .. '/gloss.toml', read(into .. '/gloss.toml') .. '\n[suggest]\naccept_above = 0.5\n')
  return into .. '/tickets.jsonl'
end

local ACCEPT_ABOVE = 0.5

--- Suggestions of both kinds: those in the queue have a code of their own.
local function suggestions(buffer)
  local by_code = notes(buffer)
  local all = vim.list_extend(vim.list_extend({}, by_code['suggestion'] or {}), by_code['label-next'] or {})
  table.sort(all, function(a, b)
    return a.lnum < b.lnum
  end)
  return all
end

--- The one model version that all suggestions on screen come from; nil while there are none.
local function model_version(buffer)
  local version
  for _, suggestion in ipairs(suggestions(buffer)) do
    local its = vim.inspect(suggestion.data and suggestion.data.model_version)
    check(version == nil or version == its, 'suggestions of two model versions at once: %s and %s', version, its)
    version = its
  end
  return version
end

--- The line as it must be once it is labelled: the value replaced, or one field added in the style of the file.
local function labelled(line, label)
  local value = vim.json.encode(label)
  local before, after = line:match('^(.*"label": )null(}.*)$')
  if not before then
    before, after = line:match('^(.*"label": )""(}.*)$')
  end
  if before then
    return before .. value .. after
  end
  return (line:gsub('}$', function()
    return ', "label": ' .. value .. '}'
  end))
end

--- Puts the cursor on a suggestion and accepts it as a user would. Only the label of that row may change.
local function accept(buffer, suggestion)
  local before = lines_of(buffer)
  local row = suggestion.lnum + 1
  local offered = {}
  vim.api.nvim_win_set_cursor(0, { row, suggestion.col })
  vim.lsp.buf.code_action({
    apply = true,
    filter = function(action)
      table.insert(offered, action.title)
      return action.isPreferred == true and vim.startswith(action.title, 'Label as `' .. suggestion.data.label .. '`')
    end,
  })
  await('the code action on line ' .. row .. ' to change it', function()
    return not vim.deep_equal(before, lines_of(buffer))
  end)
  local expected = vim.deepcopy(before)
  expected[row] = labelled(before[row], suggestion.data.label)
  for number, line in ipairs(lines_of(buffer)) do
    check(line == expected[number], 'line %d: expected\n  %s\nfound\n  %s', number, expected[number], line)
  end
  say('line %d: offered %s', row, table.concat(offered, ' | '))
  say('  before  %s', before[row])
  say('  after   %s', expected[row])
end

local function run(folder)
  local path = copy_of_fixture(folder)
  local buffer, server = common.open(path, folder)

  say('\n# Opened: suggestions and suspects')
  await('suggestions and suspects', function()
    check(server.exit_code == nil, 'the server ended by itself with exit code %s', server.exit_code)
    local by_code = notes(buffer)
    return #suggestions(buffer) > 0 and by_code['label-next'] and by_code['suspect-label']
  end)
  for code, list in vim.spairs(notes(buffer)) do
    say('%s: %d', code, #list)
    for i = 1, math.min(3, #list) do
      say('  %d:%d %s', list[i].lnum + 1, list[i].col + 1, list[i].message)
    end
  end
  for _, suggestion in ipairs(suggestions(buffer)) do
    local data = suggestion.data or {}
    check(suggestion.source == 'gloss', 'the source of a diagnostic is %s', suggestion.source)
    check(type(data.label) == 'string' and data.probability > 0 and data.probability <= 1 and data.classifier == 'lexical',
      'data of the suggestion on line %d: %s', suggestion.lnum + 1, vim.inspect(data))
    local row = vim.json.decode(lines_of(buffer)[suggestion.lnum + 1])
    check(row.label == nil or row.label == vim.NIL or row.label == '', 'line %d has a label and a suggestion', suggestion.lnum + 1)
  end
  local first_model = model_version(buffer)
  say('model version %s', first_model)

  say('\n# Inlay hints')
  vim.lsp.inlay_hint.enable(true, { bufnr = buffer })
  await('inlay hints', function()
    return #vim.lsp.inlay_hint.get({ bufnr = buffer }) > 0
  end)
  local hints = vim.lsp.inlay_hint.get({ bufnr = buffer })
  say('%d hints', #hints)
  for i = 1, 3 do
    local hint = hints[i].inlay_hint
    local label = type(hint.label) == 'string' and hint.label or table.concat(vim.tbl_map(function(part)
      return part.value
    end, hint.label))
    say('  line %d: %s', hint.position.line + 1, label)
    check(label:find('%d+%%'), 'a hint without a probability: %s', label)
  end

  say('\n# Hover')
  local asked = suggestions(buffer)[1]
  local answers = vim.lsp.buf_request_sync(buffer, 'textDocument/hover', {
    textDocument = vim.lsp.util.make_text_document_params(buffer),
    position = { line = asked.lnum, character = asked.col },
  }, common.LIMIT) or {}
  local hover = vim.tbl_get(answers, server.id, 'result', 'contents', 'value')
  check(type(hover) == 'string' and hover:find(asked.data.label, 1, true), 'hover on line %d: %s', asked.lnum + 1, vim.inspect(answers))
  say('%s', hover)

  say('\n# One key a row')
  -- A row of each kind: the field is there without a value, and it is not there at all.
  local with_field, without_field
  for _, suggestion in ipairs(suggestions(buffer)) do
    if lines_of(buffer)[suggestion.lnum + 1]:find('"label":', 1, true) then
      with_field = with_field or suggestion
    else
      without_field = without_field or suggestion
    end
  end
  check(with_field and without_field, 'the fixture has no longer both kinds of unlabelled rows')
  accept(buffer, with_field)
  accept(buffer, without_field)

  say('\n# Saved: it learns')
  save(buffer, path)
  -- On a busy machine the watcher may tell only now of the file as the test wrote it, and a fit may know one of the two labels.
  await('suggestions of a newer model, and none for the rows that were labelled', function()
    local now = model_version(buffer)
    for _, suggestion in ipairs(suggestions(buffer)) do
      if suggestion.lnum == with_field.lnum or suggestion.lnum == without_field.lnum then return false end
    end
    return now ~= nil and now ~= first_model
  end)
  say('model version %s: %d suggestions', model_version(buffer), #suggestions(buffer))

  say('\n# Accept all that are sure')
  local before = lines_of(buffer)
  local known = {}
  for _, suggestion in ipairs(suggestions(buffer)) do
    known[suggestion.lnum + 1] = suggestion.data
  end
  -- Without a person typing, Neovim would join all changes into one undo step: setting the option starts a new one.
  vim.cmd('let &undolevels = &undolevels')
  vim.lsp.buf.code_action({
    apply = true,
    context = { only = { 'source.fixAll.gloss' }, diagnostics = {} },
    filter = function(action)
      say('offered %s', action.title)
      return true
    end,
  })
  await('source.fixAll.gloss to change the buffer', function()
    return not vim.deep_equal(before, lines_of(buffer))
  end)
  local after, accepted = lines_of(buffer), 0
  check(#before == #after, 'the number of lines changed from %d to %d', #before, #after)
  for number, line in ipairs(after) do
    local data = known[number]
    if data and data.probability >= ACCEPT_ABOVE then
      check(line == labelled(before[number], data.label), 'line %d: suggested %s at %s, now\n  %s', number, data.label, data.probability, line)
      accepted = accepted + 1
    else
      check(line == before[number], 'line %d was changed without a sure suggestion:\n  %s', number, line)
    end
  end
  check(accepted > 0, 'nothing was accepted')
  say('%d rows labelled', accepted)
  vim.cmd('silent undo')
  check(vim.deep_equal(before, lines_of(buffer)), 'one undo does not take all of it back')
  vim.cmd('silent redo')
  local second_model = model_version(buffer)
  save(buffer, path)
  await('suggestions of a newer model', function()
    local now = model_version(buffer)
    return now ~= nil and now ~= second_model
  end)
  say('model version %s: %d suggestions left', model_version(buffer), #suggestions(buffer))

  say('\n# The end')
  server.stop()
end

common.main(run)
