-- The walk along suspects in a real Neovim, and why one is suspected: hover, the words that decided, marked in the text, and colours of labels.
--
--   GLOSS_BIN=target/debug/gloss nvim --clean --headless -l tests/neovim/why.lua
--
-- Works on a copy of fixtures/support-tickets in a temporary folder. Prints what it sees; exits 0, or 1 with what was expected and what was
-- there.

local common = dofile(vim.fs.dirname(debug.getinfo(1, 'S').source:sub(2)) .. '/common.lua')
local say, await, check = common.say, common.await, common.check

--- Answers with the result; what a client is asked meanwhile (to show a document) is done.
local function request(buffer, server, method, params)
  local done, result, problem = false, nil, nil
  vim.lsp.buf_request(buffer, method, params, function(err, answer, context)
    if context.client_id == server.id then
      done, result, problem = true, answer, err
    end
  end)
  await('an answer to ' .. method, function()
    return done
  end)
  check(problem == nil, '%s: %s', method, vim.inspect(problem))
  return result
end

local function command(buffer, server, name, more)
  local arguments = vim.list_extend({ vim.uri_from_bufnr(buffer) }, more or {})
  return request(buffer, server, 'workspace/executeCommand', { command = name, arguments = arguments })
end

local function here(buffer)
  local cursor = vim.api.nvim_win_get_cursor(0)
  return {
    textDocument = vim.lsp.util.make_text_document_params(buffer),
    position = { line = cursor[1] - 1, character = cursor[2] },
  }
end

local function text_at(line, range)
  return line:sub(range.start.character + 1, range['end'].character)
end

local function run(folder)
  common.copy('support-tickets', { 'gloss.toml', 'tickets.jsonl', 'test.jsonl' }, folder)
  local buffer, server = common.open(folder .. '/tickets.jsonl', folder)
  local suspects = {}
  await('suspects', function()
    check(server.exit_code == nil, 'the server ended by itself with exit code %s', server.exit_code)
    suspects = common.notes(buffer)['suspect-label'] or {}
    return #suspects > 0
  end)

  say('\n# From suspect to suspect')
  local rows, met = {}, {}
  for _, suspect in ipairs(suspects) do
    rows[suspect.lnum + 1] = suspect
  end
  for turn = 1, #suspects do
    local before = vim.api.nvim_win_get_cursor(0)
    command(buffer, server, 'gloss.nextSuspect')
    await('the cursor to move', function()
      return not vim.deep_equal(before, vim.api.nvim_win_get_cursor(0)) or (#suspects == 1 and turn > 1)
    end)
    local row = vim.api.nvim_win_get_cursor(0)[1]
    check(rows[row], 'line %d is no suspect', row)
    check(not met[row], 'line %d was there before', row)
    met[row] = true
    say('line %d: %s', row, rows[row].message)
  end

  say('\n# Why')
  local line = vim.api.nvim_get_current_line()
  local at = here(buffer)
  local why = command(buffer, server, 'gloss.explain', { at.position })
  check(why and #why.words > 0 and #why.nearest > 0, 'there is no reason: %s', vim.inspect(why))
  local expected = {}
  for _, word in ipairs(why.words) do
    say('  %s %+.1f', word.text, word.weight)
    check(text_at(line, word.range) == word.text, 'the range of %s is that of %s', word.text, text_at(line, word.range))
    expected[word.text] = word.weight > 0 and 3 or 2 -- written, or read
  end
  local text = line:find('"text": "', 1, true) + #'"text": "'
  vim.api.nvim_win_set_cursor(0, { at.position.line + 1, text })
  local marked = request(buffer, server, 'textDocument/documentHighlight', here(buffer))
  check(#marked == #why.words, '%d words are marked, not %d', #marked, #why.words)
  for _, one in ipairs(marked) do
    check(expected[text_at(line, one.range)] == one.kind, 'marked as %s: %s', one.kind, text_at(line, one.range))
  end

  say('\n# The same on hover')
  vim.api.nvim_win_set_cursor(0, { at.position.line + 1, at.position.character })
  local hover = vim.tbl_get(request(buffer, server, 'textDocument/hover', here(buffer)), 'contents', 'value')
  say('%s', hover)
  check(hover:find(why.words[1].text, 1, true) and hover:find('#L%d+'), 'the hover does not say so')

  say('\n# A colour a label')
  local document = { textDocument = vim.lsp.util.make_text_document_params(buffer) }
  local tokens = request(buffer, server, 'textDocument/semanticTokens/full', document).data
  local labelled, kinds = 0, {}
  for _, text_line in ipairs(common.lines_of(buffer)) do
    labelled = labelled + (text_line:find('"label": "%a') and 1 or 0)
  end
  for token = 1, #tokens, 5 do
    kinds[tokens[token + 3]] = true
  end
  say('%d labels in %d colours', #tokens / 5, vim.tbl_count(kinds))
  check(#tokens / 5 == labelled and vim.tbl_count(kinds) > 1, 'there are %d rows with a label', labelled)

  say('\n# The end')
  server.stop()
end

common.main(run)
