# What Gloss says to people, in English.
#
# zh-CN.ftl has the same messages with the same arguments (a test sees to it). Labels, texts, fields and what others say are arguments.

## Parts

verbatim = { $text }
quoted = `{ $text }`
list-separator = {", "}
list-and = { $list } and { $last }
sentences = { $first } { $second }

## Rows: JSON

a-string = a string
a-number = a number
a-boolean = a boolean
null = null
an-array = an array
an-object = an object
mixed-list = a list with something other than strings in it
broken-list = a broken list
a-value = a value
a-key = a key in double quotes
a-colon = `:` after the key
an-object-in-braces = an object `{"{"} ... {"}"}`
comma-or-brace = `,` or `{"}"}`
comma-or-bracket = `,` or `]`
end-of-line-after-object = the end of the line after the object
end-of-line = the end of the line
the-end = the end
single-quote = `'` (JSON takes double quotes)
expected-found = Expected { $expected }, found { $found }.
too-deep = Values are nested deeper than { $levels } levels.
no-json-number = `{ $found }` is not a JSON number. Put it in double quotes.
open-string-in-line = The string is not closed: expected `"`. A line break in a text is written `\n`.
open-string = The string is not closed: expected `"`.
tab-in-string = A tab in a string must be written `\t`.
control-character = The control character U+{ $upper } must be written `\u{ $lower }`.
four-hex-digits = `\u` must be followed by four hexadecimal digits. A backslash itself is written `\\`.
no-escape = `{ $found }` is not an escape. A backslash is written `\\`.
half-a-pair = `{ $found }` is half of a surrogate pair; it is read as U+FFFD. Write both halves or delete it.
key-twice = The key `{ $name }` stands twice in this row. The last one counts; delete the other.
expected-object = Expected an object `{"{"} ... {"}"}`, found { $found }.
expected-array = Expected an array of objects, `[{"{"} ... {"}"}, {"{"} ... {"}"}]`. If the file holds one object a line, name it .jsonl.
comma-between-elements = Expected `,` between two elements of the array.
array-ends-early = The array ends here, but the file goes on. Remove this `]`.
comma-before-bracket = A comma stands before this `]`. Remove the comma, or add an object behind it.
object-before-comma = Expected an object before this `,`.
array-not-closed = The array is not closed: expected `]` at the end.

## Rows: texts and labels

text-wrong-type = The text field `{ $field }` holds { $found }; expected a string.
text-empty = The text is empty. Fill it in, or delete the row.
text-not-recognised = No field of this row was recognised as its text. Name the field in gloss.toml under [dataset] text.
text-field-missing = The text field `{ $field }` is missing. Add it, or name another field in gloss.toml under [dataset] text.
text-fields-missing = The text fields { $fields } are missing. Add one, or name other fields in gloss.toml under [dataset] text.
label-is-fraction = The label `{ $found }` is a fraction; expected a string or a whole number.
list-of-no-string = The list holds something other than a string; expected one label.
several-labels = { $count } labels, but this is a single-label data set: keep one.
label-wrong-type = The label field `{ $field }` holds { $found }, but this is a single-label data set: expected one string.
labels-wrong-type = The label field `{ $field }` holds { $found }; expected a list of labels, `["a", "b"]`.
label-twice = The label `{ $label }` stands twice in this row. Delete one of them.
scores-wrong-type = The label field `{ $field }` holds { $found }; expected labels with 0 or 1, {"{"}"a": 1, "b": 0{"}"}.
no-score = Found { $found }; expected 0 or 1.
no-flag = The field `{ $field }` holds `{ $found }`; expected 1 if the label applies, else 0.
row-left-out = The row is left out: its `answer` is not `accept`.
row-discarded = The row is left out: its response was discarded.
tag-missing = Found no tag; expected a tag, `O` or one such as `B-city`.
tag-expected = Found `{ $found }`; expected a tag, `O` or one such as `B-city`.
sentence-blank = The sentence is blank. Delete these lines.
rasa-line = This line fits nothing that is read here: below `nlu` stand entries, `- intent: name` with `examples: |`.
rasa-nlu = Expected a list below `nlu:`, an entry `- intent: name` with `examples: |` each.
rasa-intent = Expected the name of an intent, on one line.
rasa-no-intent = The entry has no intent. Expected `intent: name` beside its examples.
rasa-no-examples = The intent has no examples. Expected `examples: |`, and below it an example a line, each behind a dash.
rasa-examples = Found `{ $found }`; expected `examples: |`, and below it an example a line, each behind a dash.
rasa-text = Expected `text: |` and below it one example.
rasa-key-twice = The key `{ $name }` stands twice in this entry. The first one counts; delete the other.
rasa-no-dash = An example starts with a dash in the column of the others: Rasa passes this line over.
rasa-empty = The example is empty. Delete the line.
spans-wrong-type = The field `{ $field }` holds { $found }; expected a list of spans.
expected-span = Expected a span: {"{"}"start": 0, "end": 4, "label": "city"{"}"} or [0, 4, "city"].
span-empty = The span ends at { $end }, and starts at { $start }: it is empty. Correct its offsets, or delete it.
span-outside = The span from { $start } to { $end } does not fit the text, which has { $count } { $units ->
       *[code-points] characters
        [utf-16] UTF-16 units
        [bytes] bytes
    }. Correct its offsets, or delete it.
span-without-label = The span has no label. Name one, or delete the span.

## Rows: tables and fastText

no-text-column = No column was recognised as the text. Found { $found }; name one in gloss.toml under [dataset] text.
column-missing = The header has no column { $columns }. Found { $found }; name one of them in gloss.toml under [dataset] text.
row-without-text-column = The row has no text column.
quote-open = This quote is not closed. Close it, or write the cell as `"..."` with each quote in it doubled.
behind-quote = Expected { $delimiter ->
        [tab] a tab
       *[other] `{ $delimiter }`
    } or the end of the line after the closing quote, found `{ $found }`. A quote in a cell is doubled.
too-many-cells = The row has { $cells } cells, but the header has { $columns }. Put a cell that holds { $delimiter ->
        [tab] a tab
       *[other] `{ $delimiter }`
    } into double quotes.
cells-empty = The text in { $columns } is empty. Fill it in, or delete the row.
table-of-spans = A table cannot hold spans. `gloss convert` makes JSON Lines of other formats.
row-without-text = The row has no text. Add it behind the label, or delete the row.
no-text = The row has no text.
no-rows = There are no rows.
several-fasttext-labels = The row has several labels, but this is a single-label data set. Keep one, or write task = "multi" under [dataset] in gloss.toml.

## Names of labels

name-empty = A label needs a name.
name-means-none = `{ $name }` means that a row has no label. Choose another name.
name-of-lines = A name of a label cannot hold line breaks or control characters.
name-with-blanks = In { $format }, a name of a label cannot hold blanks, as `{ $name }` does. Write it like `{ $instead }`.
name-with-separator = `{ $separator }` stands between labels here, so that `{ $name }` would be read as several. Choose another name.

name-is-of-card = `{ $label }` is the name that the data set's README.md gives a number. Rename it there.
merge-of-fields = `{ $from }` and `{ $to }` have a field each, which a new name cannot make one. Choose another name.
merge-of-numbers = Rows have numbers that are counted by [labels], which cannot lose `{ $from }` to `{ $to }`. Choose another name.
merges-labels = merges `{ $from }` into `{ $to }`: { $count } { $count ->
        [one] row
       *[other] rows
    }
labels-not-changed = gloss.toml has a fault, or is written in a way that this cannot change. Rename `{ $label }` there by hand.

## Labels

label-rows = { $count } { $count ->
        [one] row
       *[other] rows
    } in { $files } { $files ->
        [one] file
       *[other] files
    }{"  "}
label-measured = held out: precision { $precision }, recall { $recall }, F1 { $f1 }, of { $count }{"  "}
label-confused = confused with `{ $label }`: { $count }{"  "}
label-confused-in = confused with `{ $label }`: { $count } ({ $rows }){"  "}
group = { $what } ({ $count })
group-to-label-next = to label next
group-suspects = suspects
group-unlabelled = unlabelled
rows-more = { $count } more

unused-label = No row has the label `{ $label }`.
add-all-to-labels = Add all { $count } unknown labels to [labels] in gloss.toml
rows-of-label = { $count } { $count ->
        [one] row
       *[other] rows
    }

## gloss.toml, key by key

config-table = { $table ->
        [dataset] which files there are, and which fields hold texts and labels
        [labels] the closed set of labels, each with its guideline
        [model] the encoder
        [train] when and how Gloss learns
        [suggest] how suggestions are taken
        [report] what is told of parts of the rows
       *[other] { $table }
    }
config-key = { $key ->
        [files] globs of the data files, relative to gloss.toml
        [text] the field or column of the text; a list is joined by line breaks
        [label] the field or column of the label; a list: the fields that are a label each
        [task] what rows have: one label, several, or labelled parts of the text
        [test] globs of held-out files: never learned from, always reported
        [separator] what stands between several labels of one value
        [offsets] what spans count
        [empty] what an empty list of labels or spans means
        [encoder] a model of the hub, a folder, or "none"
        [offline] whether nothing is fetched
        [pooling] how an encoder makes one vector of a text
        [device] where the encoder runs
        [on_save] whether every save is learned from
        [budget] the most time of one training of the encoder, such as "60s"
        [strategy] what of the encoder is trained
        [layer_decay] the learning rate of each layer, in rates of the layer above it
        [label_smoothing] the share of a label that is spread over all labels
        [accept_above] from which probability on 'accept all' takes a suggestion
        [queue] how the rows are chosen that are to be labelled next
        [annotator] the field that says who labelled a row
        [slices] fields by whose values it is looked where the model does worse
       *[other] { $key }
    }

## Files

file-is-other-encoding = The file is not UTF-8; it looks like { $encoding }. Save it as UTF-8. `gloss convert` does that, too.
bytes-are-not-utf-8 = Bytes that are not UTF-8 stand here; they are read as U+FFFD. Save the file as UTF-8.
row-is-not-utf-8 = The row is not UTF-8. Save the file as UTF-8.
file-too-large = The file is larger than 4 GiB, too much to edit. Split it; `gloss predict` takes it as it is.
described = Text from { $text }, { $labels }{ $detected ->
        [both] {" (detected)"}
        [text] {" (text detected)"}
        [label] {" (label detected)"}
       *[none] {""}
    }.
described-fasttext = Text and { $task ->
        [multi] labels
       *[single] label
    } in fastText's form, `__label__x text`.
no-field = no field
spans-from = spans from `{ $field }` in { $offsets } (`[]` means { $empty ->
        [unlabelled] no label
       *[none] that none applies
    })
labels-from-fields = labels from { $count } fields, `{ $field }` and on
labels-from-separated = labels from `{ $field }`, with `{ $separator }` between them
labels-from-list = labels from `{ $field }` (`[]` means { $empty ->
        [unlabelled] no label
       *[none] that none applies
    })
labels-from = labels from `{ $field }`
label-with-number = label from `{ $field }`, its number in `{ $code }`
label-from-list = label from `{ $field }`, lists of one
label-from = label from `{ $field }`
regions-of-tasks = regions of `{ $field }` in Label Studio's tasks
choices-of-tasks = choices of `{ $field }` in Label Studio's tasks
described-conll = Sentences of tokens, spans from their tags.
described-rasa = Examples, { $task ->
        [spans] spans from their entities
        [multi] labels from their intents
       *[single] label from their intent
    }.

## Learning

learning-stopped = Learning was stopped.
no-class-yet = Label a few rows of at least two classes: no row has a label yet.
one-class = Label rows of at least one more class: { $count ->
        [one] the only label is
       *[other] all { $count } labels are
    } `{ $label }`.
no-labels-yet = Label a few rows: no row has labels yet.
no-label-applies-yet = Label a few rows to which a label applies: none does to the { $rows } rows yet.
label-applies-always = Label a few rows to which `{ $label }` does not apply: { $rows ->
        [one] it does to the only row
       *[other] it does to all { $rows } rows
    }.
no-span-yet = Label a few spans in two rows or more: no row has a span yet.
spans-in-one-text = Label spans in one more row: all spans are in one text.
names-not-apart = Label a few rows of at least two classes: the encoder cannot tell the labels' names apart.
or-list-labels = { $what } Or list the labels in [labels] of gloss.toml, and suggestions come from their names.
too-little-time = There is too little time to train the encoder: raise `budget` under [train].
too-few-to-train = Too few rows are labelled to train the encoder: label some more.
diverged = Training the encoder diverged: the loss is no number. What was learned before goes on. Choose another `strategy` under [train] in gloss.toml; "head" trains nothing of it.
gpu-failed = The GPU failed: { $error }. What was learned before goes on. Set device = "cpu" under [model] in gloss.toml to do without it.
spans-of-their-own = Spans are learned by steps of their own.
label-number-unknown = A row has label number { $label }, but there are { $count } labels.
span-label-number-unknown = A span has label number { $label }, but there are { $count } labels.
set-of-labels = A row has a set of labels, where each row is to have one label.
no-cuda = This build has no CUDA: install it with `--features cuda`, or set device = "auto".
no-metal = This build has no Metal: install it with `--features metal`, or set device = "auto".
stage-reading = Reading texts
stage-cross-validation = Cross-validation
stage-fitting = Fitting
stage-embedding = Embedding
stage-comparing = Comparing
stage-fine-tuning = Fine-tuning
no-gpu = No GPU can be used: { $error }. Set device = "cpu" under [model] in gloss.toml.

## What is said of rows

from-label-names = from label names
no-label = no label
no-span = no span
sure = { $what } ({ $sure })
noted = { $what }, { $note }
aside = { $what } ({ $note })
beside = { $what } { $note }
label-first = Label this first: nothing is learned yet, and such rows together are like most of the others.
label-next-of-two = Label this next: { $label } ({ $sure }) or `{ $second }` ({ $less_sure })?
label-next-of-set = Label this next: { $labels } ({ $sure })? Least certain is `{ $nearest }` ({ $unsure }).
label-next-of-spans = Label this next: { $what } ({ $sure })?
suspect-other = Labelled `{ $given }`; a model trained without this row says `{ $other }` ({ $sure }).
suspect-missing = `{ $label }` ({ $sure }) may be missing: a model trained without this row gives it.
suspect-wrong = `{ $label }` may be wrong: a model trained without this row gives it { $unsure }.
suspect-span-label = `{ $part }` is labelled `{ $label }`; a model trained without this row says `{ $other }` ({ $sure }).
suspect-span-edges = `{ $part }` is labelled `{ $label }`; a model trained without this row labels `{ $other }` as `{ $with }` ({ $sure }).
suspect-span-missing = `{ $part }` may be a `{ $label }` ({ $sure }): a model trained without this row says so.
suspect-span-wrong = `{ $part }` may be no `{ $label }`: a model trained without this row gives it { $unsure }.
span-there = `{ $label }`: `{ $part }`
cut-word = `{ $part }` is part of `{ $whole }`: does the span end where it should?
unknown-label-near = Unknown label `{ $label }`; did you mean `{ $near }`?
unknown-label = Unknown label `{ $label }`; choose one of [labels] in gloss.toml, or add it there.
leaked-row = This held-out text also stands in the training rows: scores on it say nothing. Remove one.
conflicting-duplicate = The same text is labelled { $labels } in { $there }.
disagreement = { $who } labelled the same text { $labels } in { $there }.
near-conflict = Nearly the same text ({ $similar } similar) is labelled { $labels } in { $there }.
near-leak = This held-out text nearly stands in the training rows ({ $similar } similar, { $there }): scores on it say little. Remove one.
near-duplicate = Nearly the same text ({ $similar } similar) has the same label in { $there }.
duplicate = The same text and label stand in { $there }.
other-row = The other row
weak-slice = { $kind ->
        [label] Rows labelled `{ $value }`
        [length] Texts of { $value } characters
        [script] Texts in { $value } script
        [file] Rows of { $value }
       *[field] Rows with `{ $field }` = `{ $value }`
    } fare worse than the others: models that had not seen them are right in { $share } of { $rows }, of the others in { $others } (F1 { $f1 }; p { $chance }, corrected for { $slices } slices).

## Code actions

accept-all-sure = Accept { $count ->
        [one] { $count } suggestion
       *[other] { $count } suggestions
    } at { $threshold } or more
replace-label = Replace `{ $label }` by `{ $near }`
label-as = Label as { $label } ({ $sure })
add-to-labels = Add `{ $label }` to [labels] in gloss.toml
keep = Keep `{ $label }`
keep-without = Keep the row without `{ $label }`
add-label = Add `{ $label }` ({ $sure })
remove-label = Remove `{ $label }`
label-as-no-span = Label as no span ({ $sure })
accept-spans = { $count ->
        [one] Accept the span
       *[other] Accept all { $count } spans
    } ({ $sure })
label-part = Label { $part } as `{ $label }`
relabel-part = Relabel { $part } as `{ $label }`
remove-from-part = Remove `{ $label }` from { $part }
move-to-part = Move `{ $label }` to { $part }
set-offsets = Set to { $start }–{ $end }: { $part }
remove-span = Remove `{ $label }` ({ $start }–{ $end })
count-offsets = Read offsets as { $units ->
       *[code-points] code points
        [utf-16] UTF-16 units
        [bytes] bytes
    }: set `offsets` in gloss.toml
grow-to-part = Grow `{ $label }` to { $part }
keep-on-part = Keep `{ $label }` on { $part }
keep-part-unlabelled = Keep { $part } without a label

## Hover, lens, commands

without-this-row = Without this row the model says { $what }.
doubt-other = `{ $label }` ({ $sure })
doubt-missing = that `{ $label }` ({ $sure }) is missing
doubt-wrong = that `{ $label }` does not apply ({ $sure })
doubt-elsewhere = `{ $label }` ({ $sure }) on other characters or in its place
step = { $step ->
        [lexical] lexical
        [probe] probe
        [fine-tuned] fine-tuned
       *[other] { $step }
    }
classifier-measured = { $step } classifier, { $accuracy }
accuracy = accuracy
micro-f1 = micro F1
f1 = F1
held-out = held-out { $measure } { $value } ({ $low }–{ $high })
accuracy-unknown = { $origin }, accuracy unknown
nothing-learned-yet = nothing learned yet
rows-labelled = { $labelled } of { $rows } rows labelled
dotted = { $line } · { $more }
more-findings = { $count } more { $code }
code = { $code }
texts-are-cut = Some texts are longer than the { $tokens } tokens that the encoder reads: of these it reads the beginning.
next-to-label = Next to label
next-suspect = Next suspect
accept-all = Accept all
open-a-data-set = Open a data set first; then run this command again.
no-suggestion-reaches = No suggestion reaches { $threshold }.
no-row-marked = No row is marked { $code } here.
gloss-learns = Gloss learns
gloss-brings-encoder = Gloss brings its encoder
not-learned = not learned
detected-in = { $file }: { $what }
words-decided = Why `{ $label }`: { $words }
words-decided-roughly = Why `{ $label }`: { $words } (to within { $error })
nearest-rows = Most alike among labelled rows:
nearest-row = - { $labels } { $likeness } { $text }

## What happens

decision-not-written = The decision cannot be written to { $folder }: { $error }. It will be asked again.
unreadable = { $path } { $why }.
unknown-format = is not a data file that Gloss knows
cannot-be-read = cannot be read: { $error }
error-contained = An error inside Gloss was contained; see the log. Reopen the file if notes look wrong.
notes-not-made = Notes could not be made; see the log.
training-error-contained = An error inside the training job was contained; see the log. Save to try again.
nothing-can-be-learned = Nothing can be learned: { $error }. Start the editor again.
encoder-fetch-stopped = The encoder was not fetched: stopped. The lexical classifier goes on; Gloss: Train fetches it.
folder-is-polled = { $folder } is looked at every { $seconds } s: { $why }.
folder-unwatched = { $folder } cannot be watched: { $why }. Save in the editor to learn.
folder-is-remote = it lies on a network
no-notices = this system does not tell of changes

## gloss.toml

no-toml = This is no TOML: { $error }.
config-is-not-utf-8 = gloss.toml is not UTF-8. Save it as UTF-8.
config-unreadable = gloss.toml cannot be read: { $error }.
no-glob = `{ $glob }` is not a glob: { $error }.
wrong-type = Found a value of type { $found }; expected { $expected }.
out-of-range = Found { $found }; { $expected }.
unknown-near = Unknown { $kind } `{ $name }`; did you mean `{ $near }`?
unknown-known = Unknown { $kind } `{ $name }`; known are { $known }.
a-table = [{ $name }] as a table
a-guideline = the label's guideline in quotes
a-text-or-list = a text in quotes, or a list of them
a-field = the name of a field in quotes
a-separator = what stands between two labels, in quotes
true-or-false = true or false
a-probability = a probability from 0 to 1
a-layer-decay = a layer_decay is a number above 0, and at most 1
a-label-smoothing = a label_smoothing is a number from 0 to below 1
an-encoder = a name or a folder in quotes
a-duration = a duration in quotes, such as "30s"
one-of = one of { $names }
no-budget = This is no budget: { $why }.
expected-duration = expected a duration with its unit, such as 90s, 2m, 1m30s or 500ms; found `{ $found }`
no-encoder-name = `{ $name }` is neither a folder here nor a model's name on the hub, which has the form owner/name, such as "{ $default }". "none" goes without an encoder.

## What is stored

store-damaged = is damaged
store-damaged-by = is damaged ({ $error })
store-not-understood = cannot be understood ({ $error })
store-of-version = is of version { $version }
store-of-other = is another program's
store-unknown-step = holds a classifier `{ $step }`, unknown here
store-set-aside = What was learned before, { $path }, { $why }. It was set aside as { $aside }; learning begins anew, no label is lost.
store-left = What was learned before, { $path }, { $why }. It cannot be set aside ({ $error }); learning begins anew, no label is lost.
store-unreadable = { $path } cannot be read: { $why }. Learning begins anew.
not-stored = What was learned cannot be stored in { $folder }: { $why }. Suggestions go on; the next start learns anew.

## Encoders

encoder-useless = The encoder cannot be used, so the lexical classifier goes on. { $why }
fetch-cancelled = The fetch was cancelled; the next one goes on from there.
head-of-another-encoder = The head is of another encoder.
no-encoder-to-fetch = `encoder = "none"` asks for no encoder: nothing to fetch.
fetching-is-off = `{ $id }` is not on this machine, and fetching is off (offline = true in gloss.toml, --offline, GLOSS_OFFLINE or HF_HUB_OFFLINE). Fetch it once with `gloss model fetch { $id }` where that is allowed, or set [model] encoder to a folder with { $files }.
not-fetched = `{ $id }` was not fetched: { $why }. Try again when the network is there, set HF_ENDPOINT to a mirror of the hub, or put { $files } into a folder and set [model] encoder to it.
pip-is-enough = Where packages are allowed, installing pip is enough.
fetch-refused = `{ $id }` was not fetched. { $why }
and-also = { $first }; { $second }
full-stop = { $what }.
no-cache-folder = No folder is known to keep encoders in. Set HF_HOME to one.
no-folder = There is no folder { $folder }. Set [model] encoder to one that is there.
pickled-weights = { $folder } holds pickled weights alone, which are a program and are never run here. Convert them to model.safetensors.
folder-lacks = { $folder } has no { $name }; an encoder's folder holds { $files }.
folder-unreadable = { $folder } cannot be read.
disk-is-full = { $path } cannot be written: the disk is full. Make room and fetch again.
disk-is-closed = { $path } cannot be written ({ $error }). Set HF_HOME to a folder that you may write to.
disk-fails = { $path } cannot be written ({ $error }).
fetch-asking = Asking { $host }
fetch-from = { $file } from { $host }
fetch-with-pip = { $package } with pip
fetch-waiting = Waiting for another program's fetch
hub-is-none = { $host } answers, but not as a hub of models does (is there a proxy or a login?)
hub-no-etag = { $host } gives { $name } no ETag
hub-no-model = { $host } has no model `{ $id }`. Check its name
hub-no-weights = { $host } has no { $name } of it. Gloss reads safetensors in one file, never pickled weights. Choose another model
hub-no-file = { $host } has no { $name } of it. Check its name, or choose another model
hub-unknown-or-private = { $host } knows no such model, or it is private. Check its name; for a private one, set HF_TOKEN
hub-forbidden = { $host } does not give it to you (403). Accept its terms on its page and set HF_TOKEN, or choose another model
hub-status = { $host } answers with status { $status }
file-is-damaged = { $name } is damaged: { $why }. Fetch it again
file-not-resumable = { $name } cannot be gone on with
file-of-wrong-size = { $name } should have { $size } bytes, and the server sends { $got }. Try again later
connection-cut-after = the connection was cut after { $got } of { $size } bytes of { $name }
connection-cut = the connection was cut ({ $why })
wrong-sum = its SHA-256 is not the one that the hub names
redirect-unencrypted = { $host } redirects to an unencrypted address
redirect-endless = { $host } redirects without an end
host-unreachable = { $host } cannot be reached ({ $why })
host-silent = { $host } gives no answer
no-such-host = no such host
time-out = time-out
request-broke-off = the request broke off
nothing-heard = nothing was heard for { $seconds } seconds
pip-unwaitable = { $program } cannot be waited for ({ $error })
pip-brought-nothing = pip brought nothing either ({ $said })
pip-is-silent = it says nothing
no-pip = pip is not there either (tried { $tried })
pip-no-wheel = pip brought no wheel
wheel-useless = The wheel that pip brought is no use: { $why }
wheel-lacks = it has no { $name }
file-fault = { $name }: { $why }
it-cannot-be-read = it cannot be read ({ $error })
it-is-no-json = it is no JSON ({ $error })
weights-too-short = { $size } bytes are too few for a safetensors file
weights-long-header = its safetensors header would be { $length } bytes long, in a file of { $size }
weights-header-no-json = its safetensors header is no JSON ({ $error })
weights-header-no-table = its safetensors header is no table of tensors
weights-no-shape = tensor `{ $name }` has a size that fits no shape
weights-gap = tensor `{ $name }` begins at byte { $from } of the data instead of { $end }
weights-none = it holds no tensor
weights-of-wrong-size = its tensors take { $end } bytes, and { $data } are there
internal-error = internal error, going on: { $what }

## An encoder's folder

encoder-file = { $file }: { $problem }
file-not-found = Not found. An encoder's folder holds this file.
expected-json-object = Expected a JSON object.
no-model-type = missing
model-type = `model_type` is { $found }; Gloss reads { $known }.
config-size = `{ $name }` is { $found }; expected 1 to { $most }.
config-heads = `{ $heads_name }` is { $heads }; it must divide `{ $hidden_name }`, { $hidden }.
config-positions-type = `position_embedding_type` is `{ $kind }`; Gloss reads only `absolute`.
config-activation = The activation is `{ $activation }`; Gloss reads only `gelu`.
config-epsilon = `layer_norm_eps` is { $epsilon }; expected 0 to 1.
config-positions = `max_position_embeddings` is { $positions }: no text fits.
checkpoint-in-parts = The checkpoint is in several files; Gloss reads one.
checkpoint-is-pickled = Not found, and Gloss reads safetensors only: a pytorch_model.bin can run code when it is opened. Convert it, or choose a checkpoint that has model.safetensors.
checkpoint-cut = Cut short or damaged: { $length } bytes, { $expected } expected. Fetch it again.
no-safetensors = Not in the safetensors format.
no-safetensors-since = Not in the safetensors format: { $error }
tensor-not-finite = The tensor `{ $name }` holds a number that is not finite.
tensor-of-wrong-shape = The tensor `{ $name }` is { $found }; config.json wants { $expected }.
tensor-of-wrong-type = The tensor `{ $name }` is of type { $found }; Gloss reads F32, F16 and BF16.
tensor-missing = The tensor `{ $name }` is missing: not the encoder that config.json describes.
no-tokenizer = Not a tokenizer that can be read.
tokenizer-of-another = { $known } tokens, but the table of word embeddings has { $rows } rows: of another encoder.
texts-of-tokens = Texts of { $tokens } tokens: { $error }
