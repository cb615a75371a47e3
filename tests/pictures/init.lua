-- Gloss in Neovim 0.10 or later. To use it, copy it into your init.lua; `gloss` has to be on PATH.

-- Hints follow what Gloss learned. By itself Neovim 0.10 draws only the first hints that it gets for a text, and 0.12 draws the
-- old ones once more, and for good, when anything else is drawn before the new ones are there; enabling starts anew.
local function hint_anew(_, _, context)
  for buffer in pairs(vim.lsp.get_client_by_id(context.client_id).attached_buffers) do
    if vim.lsp.inlay_hint.is_enabled({ bufnr = buffer }) then
      vim.lsp.inlay_hint.enable(true, { bufnr = buffer })
    end
  end
  return vim.NIL
end

-- Data files that Gloss reads.
vim.filetype.add({ extension = { jsonl = 'jsonl', ndjson = 'jsonl', tsv = 'tsv' } })
vim.api.nvim_create_autocmd('FileType', {
  pattern = { 'jsonl', 'json', 'csv', 'tsv' },
  callback = function(event)
    vim.lsp.start({
      name = 'gloss',
      cmd = { 'gloss', 'lsp' },
      root_dir = vim.fs.root(event.buf, { 'gloss.toml', '.git' }) or vim.fs.dirname(event.file),
      handlers = { ['workspace/inlayHint/refresh'] = hint_anew },
    })
  end,
})

vim.api.nvim_create_autocmd('LspAttach', {
  callback = function(event)
    -- The suggested labels, in the margin.
    vim.lsp.inlay_hint.enable(true, { bufnr = event.buf })

    local function key(keys, what, action, modes)
      vim.keymap.set(modes or 'n', keys, action, { buffer = event.buf, desc = what })
    end
    key('ga', 'Gloss: accept the suggested label', function()
      vim.lsp.buf.code_action({
        apply = true,
        filter = function(action)
          return action.isPreferred
        end,
      })
    end)
    key('gA', 'Gloss: choose among labels, for the row or for what is selected', vim.lsp.buf.code_action, { 'n', 'x' })
    key(']g', 'Gloss: next suspect, problem or row of the queue', function()
      local what = { severity = { min = vim.diagnostic.severity.INFO } }
      if vim.diagnostic.jump then -- since 0.11
        vim.diagnostic.jump(vim.tbl_extend('force', what, { count = 1 }))
      else
        vim.diagnostic.goto_next(what)
      end
    end)
  end,
})

-- Suspects and errors stand beside their rows, the former in few words, and the queue has a sign; suggestions are hints already.
local severity = vim.diagnostic.severity
vim.diagnostic.config({
  virtual_text = {
    severity = { min = severity.WARN },
    format = function(diagnostic)
      local model = vim.tbl_get(diagnostic, 'user_data', 'lsp', 'data')
      if diagnostic.code == 'suspect-label' and model then
        return ('rather %s %.0f%%?'):format(model.label, model.probability * 100)
      end
      return diagnostic.message
    end,
  },
  underline = true,
  signs = { severity = { min = severity.INFO } },
})

-- Underlined are suspects and errors, and spans, on their characters; a suggestion for a whole row is not.
local underline = vim.diagnostic.handlers.underline
vim.diagnostic.handlers.underline = {
  show = function(namespace, buffer, diagnostics, options)
    local parts = vim.tbl_filter(function(diagnostic)
      return diagnostic.severity <= severity.WARN or diagnostic.col > 0
    end, diagnostics)
    underline.show(namespace, buffer, parts, options)
  end,
  hide = underline.hide,
}
vim.api.nvim_set_hl(0, 'DiagnosticUnderlineHint', { underline = true, sp = 'NvimLightBlue' })
vim.api.nvim_set_hl(0, 'DiagnosticUnderlineInfo', { underline = true, sp = 'NvimLightBlue' })

-- Neovim has no colours for JSON Lines of its own; those of JSON fit, once they stop asking for commas between rows.
vim.g.vim_json_warnings = 0
vim.api.nvim_create_autocmd('FileType', {
  pattern = 'jsonl',
  callback = function(event)
    vim.schedule(function() -- after Neovim's own choice
      vim.bo[event.buf].syntax = 'json'
    end)
  end,
})
vim.api.nvim_set_hl(0, 'LspInlayHint', { link = 'DiagnosticHint' })
