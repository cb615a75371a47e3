# What Gloss says to people, in simplified Chinese. en.ftl is what it is checked against.
#
# A space stands between Chinese and Latin letters, digits or backticks; none beside full-width punctuation.

## Parts

verbatim = { $text }
quoted = `{ $text }`
list-separator = 、
list-and = { $list } 和 { $last }
sentences = { $first }{ $second }

## Rows: JSON

a-string = 字符串
a-number = 数字
a-boolean = 布尔值
null = null
an-array = 数组
an-object = 对象
mixed-list = 含有非字符串元素的列表
broken-list = 不完整的列表
a-value = 值
a-key = 双引号中的键
a-colon = 键后的 `:`
an-object-in-braces = 对象 `{"{"} ... {"}"}`
comma-or-brace = `,` 或 `{"}"}`
comma-or-bracket = `,` 或 `]`
end-of-line-after-object = 对象之后换行
end-of-line = 行尾
the-end = 结尾
single-quote = `'`（JSON 使用双引号）
expected-found = 此处应为：{ $expected }；实际为：{ $found }。
too-deep = 值的嵌套超过 { $levels } 层。
no-json-number = `{ $found }` 不是 JSON 数字。请放进双引号。
open-string-in-line = 字符串未结束：缺少 `"`。文本中的换行写作 `\n`。
open-string = 字符串未结束：缺少 `"`。
tab-in-string = 字符串中的制表符须写作 `\t`。
control-character = 控制字符 U+{ $upper } 须写作 `\u{ $lower }`。
four-hex-digits = `\u` 之后须有四位十六进制数字。反斜杠本身写作 `\\`。
no-escape = `{ $found }` 不是转义序列。反斜杠写作 `\\`。
half-a-pair = `{ $found }` 只是代理对的一半，按 U+FFFD 读取。请写全两半，或将其删除。
key-twice = 键 `{ $name }` 在这条数据中出现两次，以最后一个为准。请删除另一个。
expected-object = 此处应为对象 `{"{"} ... {"}"}`；实际为：{ $found }。
expected-array = 此处应为对象数组 `[{"{"} ... {"}"}, {"{"} ... {"}"}]`。如果文件每行一个对象，请将其命名为 .jsonl。
comma-between-elements = 数组的两个元素之间缺少 `,`。
array-ends-early = 数组到此结束，但文件还有内容。请删除这个 `]`。
comma-before-bracket = 这个 `]` 之前有一个逗号。请删除逗号，或在其后添加对象。
object-before-comma = 这个 `,` 之前缺少对象。
array-not-closed = 数组未结束：末尾缺少 `]`。

## Rows: texts and labels

text-wrong-type = 文本字段 `{ $field }` 应为字符串；实际为：{ $found }。
text-empty = 文本为空。请填写，或删除这条数据。
text-not-recognised = 未能识别这条数据的文本字段。请在 gloss.toml 的 [dataset] text 中指定。
text-field-missing = 缺少文本字段 `{ $field }`。请补上，或在 gloss.toml 的 [dataset] text 中指定其他字段。
text-fields-missing = 缺少文本字段 { $fields }。请补上其中一个，或在 gloss.toml 的 [dataset] text 中指定其他字段。
label-is-fraction = 标签 `{ $found }` 是小数；应为字符串或整数。
list-of-no-string = 列表中有非字符串元素；应为一个标签。
several-labels = 有 { $count } 个标签，但这是单标签数据集：请只保留一个。
label-wrong-type = 这是单标签数据集，标签字段 `{ $field }` 应为一个字符串；实际为：{ $found }。
labels-wrong-type = 标签字段 `{ $field }` 应为标签列表 `["a", "b"]`；实际为：{ $found }。
label-twice = 标签 `{ $label }` 在这条数据中出现两次。请删除其中一个。
scores-wrong-type = 标签字段 `{ $field }` 应为取值 0 或 1 的标签 {"{"}"a": 1, "b": 0{"}"}；实际为：{ $found }。
no-score = 应为 0 或 1；实际为：{ $found }。
no-flag = 字段 `{ $field }` 的值为 `{ $found }`；标签适用应为 1，否则为 0。
row-left-out = 这条数据被略过：其 `answer` 不是 `accept`。
row-discarded = 这条数据被略过：其回答已被弃用。
tag-missing = 此处缺少标记；应为 `O`，或 `B-city` 这样的标记。
tag-expected = 此处应为标记 `O`，或 `B-city` 这样的标记；实际为 `{ $found }`。
sentence-blank = 这个句子是空的。请删除这些行。
rasa-line = 这一行不属于此处可读的内容：`nlu` 之下应为条目 `- intent: name`，各带 `examples: |`。
rasa-nlu = `nlu:` 之下应为列表，每个条目为 `- intent: name`，带 `examples: |`。
rasa-intent = 此处应为写在一行内的意图名称。
rasa-no-intent = 这个条目没有意图。例句之外还应有 `intent: name`。
rasa-no-examples = 这个意图没有例句。应有 `examples: |`，其下每行一个例句，以短横线开头。
rasa-examples = 此处为 `{ $found }`；应为 `examples: |`，其下每行一个例句，以短横线开头。
rasa-text = 此处应为 `text: |`，其下为一个例句。
rasa-key-twice = 键 `{ $name }` 在这个条目中出现两次。以第一个为准；请删除另一个。
rasa-no-dash = 例句应以短横线开头，并与其他例句对齐：Rasa 会忽略这一行。
rasa-empty = 这个例句是空的。请删除这一行。
spans-wrong-type = 字段 `{ $field }` 应为片段列表；实际为：{ $found }。
expected-span = 此处应为片段：{"{"}"start": 0, "end": 4, "label": "city"{"}"} 或 [0, 4, "city"]。
span-empty = 片段始于 { $start }，止于 { $end }：是空的。请更正其偏移，或删除它。
span-outside = 从 { $start } 到 { $end } 的片段与文本不符：文本共有 { $count } { $units ->
       *[code-points] 个字符
        [utf-16] 个 UTF-16 单元
        [bytes] 个字节
    }。请更正其偏移，或删除它。
span-without-label = 片段没有标签。请填写标签，或删除片段。

## Rows: tables and fastText

no-text-column = 未能识别文本列。现有 { $found }；请在 gloss.toml 的 [dataset] text 中指定一列。
column-missing = 表头没有 { $columns } 列。现有 { $found }；请在 gloss.toml 的 [dataset] text 中指定其中一列。
row-without-text-column = 这条数据没有文本列。
quote-open = 此引号未闭合。请闭合，或将单元格写作 `"..."`，其中的每个引号写两次。
behind-quote = 结束引号之后应为{ $delimiter ->
        [tab] 制表符
       *[other] {" "}`{ $delimiter }`{" "}
    }或行尾，实际为 `{ $found }`。单元格中的引号须写两次。
too-many-cells = 这条数据有 { $cells } 个单元格，而表头有 { $columns } 个。请将含有{ $delimiter ->
        [tab] 制表符
       *[other] {" "}`{ $delimiter }`{" "}
    }的单元格放进双引号。
cells-empty = { $columns } 中的文本为空。请填写，或删除这条数据。
table-of-spans = 表格无法容纳片段。`gloss convert` 可将其他格式转换为 JSON Lines。
row-without-text = 这条数据没有文本。请在标签之后补上，或删除这条数据。
no-text = 这条数据没有文本。
no-rows = 没有数据。
several-fasttext-labels = 这条数据有多个标签，但这是单标签数据集。请只保留一个，或在 gloss.toml 的 [dataset] 中写 task = "multi"。

## Names of labels

name-empty = 标签须有名称。
name-means-none = `{ $name }` 表示数据没有标签。请换一个名称。
name-of-lines = 标签名称不能含有换行或控制字符。
name-with-blanks = 在 { $format } 中，标签名称不能含有空格，而 `{ $name }` 含有。可写作 `{ $instead }`。
name-with-separator = 此处标签之间以 `{ $separator }` 分隔，`{ $name }` 会被读成多个标签。请换一个名称。

name-is-of-card = `{ $label }` 是数据集的 README.md 为数字所定的名称。请在该文件中改名。
merge-of-fields = `{ $from }` 和 `{ $to }` 各有自己的字段，改名不能将其合并。请换一个名称。
merge-of-numbers = 有的数据用数字表示标签，按 [labels] 的顺序编号，因此不能将 `{ $from }` 并入 `{ $to }`。请换一个名称。
merges-labels = 将 `{ $from }` 并入 `{ $to }`：{ $count } 条数据
labels-not-changed = gloss.toml 有错误，或其写法无法自动修改。请手动在其中为 `{ $label }` 改名。

## Labels

label-rows = { $files } 个文件中共 { $count } 条数据{"  "}
label-measured = 留出数据：精确率 { $precision }，召回率 { $recall }，F1 { $f1 }，共 { $count } 处{"  "}
label-confused = 与 `{ $label }` 混淆：{ $count } 次{"  "}
label-confused-in = 与 `{ $label }` 混淆：{ $count } 次（{ $rows }）{"  "}
group = { $what }（{ $count }）
group-to-label-next = 优先标注
group-suspects = 疑似错误标签
group-unlabelled = 未标注
rows-more = 另有 { $count } 条

unused-label = 没有数据使用标签 `{ $label }`。
add-all-to-labels = 将全部 { $count } 个未知标签添加到 gloss.toml 的 [labels]
rows-of-label = { $count } 条数据

## gloss.toml, key by key

config-table = { $table ->
        [dataset] 有哪些文件，文本和标签在哪些字段
        [labels] 限定的标签集合，各附标注说明
        [model] 编码器
        [train] 何时及如何学习
        [suggest] 如何采纳建议
        [report] 对各部分数据报告什么
       *[other] { $table }
    }
config-key = { $key ->
        [files] 数据文件的通配模式，相对于 gloss.toml
        [text] 文本所在的字段或列；多个时以换行连接
        [label] 标签所在的字段或列；列表：各自为一个标签的字段
        [task] 每条数据有：一个标签、多个标签，或文本中的标注片段
        [test] 留出文件的通配模式：从不学习，始终报告
        [separator] 一个值中多个标签之间的分隔符
        [offsets] 片段位置的计数单位
        [empty] 标签或片段的空列表表示什么
        [encoder] 模型库中的模型、文件夹，或 "none"
        [offline] 是否不下载任何内容
        [pooling] 编码器如何把文本变成一个向量
        [device] 编码器在何处运行
        [on_save] 是否每次保存后学习
        [budget] 编码器一次训练的最长时间，如 "60s"
        [strategy] 训练编码器的哪些部分
        [layer_decay] 每层的学习率与其上一层之比
        [label_smoothing] 分摊给所有标签的份额
        [accept_above] “全部接受”所取建议的最低概率
        [queue] 如何选出建议接着标注的行
        [annotator] 表明由谁标注的字段
        [slices] 按其取值查找模型表现较差部分的字段
       *[other] { $key }
    }

## Files

file-is-other-encoding = 文件不是 UTF-8，看起来是 { $encoding }。请另存为 UTF-8，也可以用 `gloss convert` 转换。
bytes-are-not-utf-8 = 此处有不是 UTF-8 的字节，按 U+FFFD 读取。请将文件另存为 UTF-8。
row-is-not-utf-8 = 这条数据不是 UTF-8。请将文件另存为 UTF-8。
file-too-large = 文件超过 4 GiB，无法编辑。请将其拆分；`gloss predict` 可以直接处理。
described = 文本来自 { $text }，{ $labels }{ $detected ->
        [both] （自动识别）
        [text] （文本为自动识别）
        [label] （标签为自动识别）
       *[none] {""}
    }。
described-fasttext = { $task ->
        [multi] 文本和多个标签
       *[single] 文本和标签
    }采用 fastText 的写法 `__label__x text`。
no-field = 无字段
spans-from = 片段来自 `{ $field }`，偏移单位为 { $offsets }（`[]` 表示{ $empty ->
        [unlabelled] 未标注
       *[none] 没有片段
    }）
labels-from-fields = 标签来自 `{ $field }` 起的 { $count } 个字段
labels-from-separated = 标签来自 `{ $field }`，以 `{ $separator }` 分隔
labels-from-list = 标签来自 `{ $field }`（`[]` 表示{ $empty ->
        [unlabelled] 未标注
       *[none] 没有适用的标签
    }）
labels-from = 标签来自 `{ $field }`
label-with-number = 标签来自 `{ $field }`，其编号在 `{ $code }` 中
label-from-list = 标签来自 `{ $field }`（单元素列表）
label-from = 标签来自 `{ $field }`
regions-of-tasks = 片段来自 Label Studio 任务中的 `{ $field }`
choices-of-tasks = 标签来自 Label Studio 任务中的 `{ $field }`
described-conll = 每句由词元组成，片段来自其标记。
described-rasa = 例句，{ $task ->
        [spans] 片段来自其实体
        [multi] 多个标签来自其意图
       *[single] 标签来自其意图
    }。

## Learning

learning-stopped = 训练已停止。
no-class-yet = 请标注几条数据，至少包含两个类别：目前还没有数据带标签。
one-class = 请再标注至少一个其他类别：{ $count ->
        [1] 目前唯一的标签是
       *[other] 目前 { $count } 个标签都是
    } `{ $label }`。
no-labels-yet = 请标注几条数据：目前还没有数据带标签。
no-label-applies-yet = 请标注几条有标签适用的数据：目前 { $rows } 条数据都没有适用的标签。
label-applies-always = 请标注几条不适用 `{ $label }` 的数据：{ $rows ->
        [1] 目前唯一的一条数据适用
       *[other] 目前 { $rows } 条数据全都适用
    }。
no-span-yet = 请在至少两条数据中标注几个片段：目前还没有数据带片段。
spans-in-one-text = 请再在一条数据中标注片段：目前所有片段都在同一段文本中。
names-not-apart = 请标注几条数据，至少包含两个类别：编码器无法区分这些标签名。
or-list-labels = { $what }也可以在 gloss.toml 的 [labels] 中列出标签，这样会根据标签名给出建议。
too-little-time = 时间不足以训练编码器：请增大 [train] 中的 `budget`。
too-few-to-train = 已标注的数据太少，无法训练编码器：请再标注一些。
diverged = 编码器训练发散：损失不是数值。此前学到的继续有效。请在 gloss.toml 的 [train] 中换一个 `strategy`；"head" 不训练编码器。
gpu-failed = GPU 出错：{ $error }。此前学到的继续有效。如需不用 GPU，请在 gloss.toml 的 [model] 中设置 device = "cpu"。
spans-of-their-own = 片段由专门的步骤学习。
label-number-unknown = 一条数据的标签编号为 { $label }，但只有 { $count } 个标签。
span-label-number-unknown = 一个片段的标签编号为 { $label }，但只有 { $count } 个标签。
set-of-labels = 一条数据带有多个标签，而每条数据应只有一个标签。
no-cuda = 此版本不含 CUDA：请用 `--features cuda` 安装，或设置 device = "auto"。
no-metal = 此版本不含 Metal：请用 `--features metal` 安装，或设置 device = "auto"。
stage-reading = 读取文本
stage-cross-validation = 交叉验证
stage-fitting = 拟合
stage-embedding = 生成向量
stage-comparing = 比较
stage-fine-tuning = 微调
no-gpu = 没有可用的 GPU：{ $error }。请在 gloss.toml 的 [model] 中设置 device = "cpu"。

## What is said of rows

from-label-names = 来自标签名
no-label = 无标签
no-span = 无片段
sure = { $what }（{ $sure }）
noted = { $what }，{ $note }
aside = { $what }（{ $note }）
beside = { $what } { $note }
label-first = 建议首先标注：目前尚未学到任何内容，而这些行合起来代表了其余大部分行。
label-next-of-two = 建议接着标注：{ $label }（{ $sure }）还是 `{ $second }`（{ $less_sure }）？
label-next-of-set = 建议接着标注：{ $labels }（{ $sure }）？最不确定的是 `{ $nearest }`（{ $unsure }）。
label-next-of-spans = 建议接着标注：{ $what }（{ $sure }）？
suspect-other = 疑似错误标签：标为 `{ $given }`，而未用这条数据训练的模型认为是 `{ $other }`（{ $sure }）。
suspect-missing = 可能漏标 `{ $label }`（{ $sure }）：未用这条数据训练的模型给出此标签。
suspect-wrong = 疑似错误标签 `{ $label }`：未用这条数据训练的模型只给它 { $unsure }。
suspect-span-label = 疑似错误标签：`{ $part }` 标为 `{ $label }`，而未用这条数据训练的模型认为是 `{ $other }`（{ $sure }）。
suspect-span-edges = 疑似错误片段：`{ $part }` 标为 `{ $label }`，而未用这条数据训练的模型将 `{ $other }` 标为 `{ $with }`（{ $sure }）。
suspect-span-missing = `{ $part }` 可能是漏标的 `{ $label }`（{ $sure }）：未用这条数据训练的模型如此认为。
suspect-span-wrong = 疑似错误片段：`{ $part }` 可能不是 `{ $label }`，未用这条数据训练的模型只给它 { $unsure }。
span-there = `{ $label }`：`{ $part }`
cut-word = `{ $part }` 是 `{ $whole }` 的一部分：片段的边界对吗？
unknown-label-near = 未知标签 `{ $label }`；是否应为 `{ $near }`？
unknown-label = 未知标签 `{ $label }`；请从 gloss.toml 的 [labels] 中选择，或在其中添加。
leaked-row = 这段留出文本也出现在训练数据中：在它上面的得分没有意义。请删除其中一条。
conflicting-duplicate = 相同的文本在 { $there } 中标为 { $labels }。
disagreement = { $who } 在 { $there } 中将相同的文本标为 { $labels }。
near-conflict = 几乎相同的文本（相似度 { $similar }）在 { $there } 中标为 { $labels }。
near-leak = 这段留出文本与训练数据中的 { $there } 几乎相同（相似度 { $similar }）：在它上面的得分意义不大。请删除其中一条。
near-duplicate = 几乎相同的文本（相似度 { $similar }）在 { $there } 中有相同的标签。
duplicate = 相同的文本和标签也出现在 { $there }。
other-row = 另一条数据
weak-slice = { $kind ->
        [label] 标为 `{ $value }` 的数据
        [length] 长度为 { $value } 个字符的文本
        [script] 使用 { $value } 文字的文本
        [file] { $value } 中的数据
       *[field] `{ $field }` 为 `{ $value }` 的数据
    }表现低于其余数据：未见过它们的模型在 { $rows } 条中答对 { $share }，其余数据为 { $others }（F1 { $f1 }；p { $chance }，已按 { $slices } 个切片校正）。

## Code actions

accept-all-sure = 接受 { $count } 条不低于 { $threshold } 的建议
replace-label = 将 `{ $label }` 替换为 `{ $near }`
label-as = 标注为 { $label }（{ $sure }）
add-to-labels = 将 `{ $label }` 添加到 gloss.toml 的 [labels]
keep = 保留 `{ $label }`
keep-without = 保持这条数据不带 `{ $label }`
add-label = 添加 `{ $label }`（{ $sure }）
remove-label = 移除 `{ $label }`
label-as-no-span = 标注为无片段（{ $sure }）
accept-spans = { $count ->
        [1] 接受这个片段
       *[other] 接受全部 { $count } 个片段
    }（{ $sure }）
label-part = 将 { $part } 标注为 `{ $label }`
relabel-part = 将 { $part } 改标为 `{ $label }`
remove-from-part = 移除 { $part } 的 `{ $label }`
move-to-part = 将 `{ $label }` 移到 { $part }
set-offsets = 改为 { $start }–{ $end }：{ $part }
remove-span = 移除 `{ $label }`（{ $start }–{ $end }）
count-offsets = 将偏移按 { $units ->
       *[code-points] 码点
        [utf-16] UTF-16 单元
        [bytes] 字节
    } 计数：设置 gloss.toml 的 `offsets`
grow-to-part = 将 `{ $label }` 扩展到 { $part }
keep-on-part = 保留 { $part } 的 `{ $label }`
keep-part-unlabelled = 保持 { $part } 不带标签

## Hover, lens, commands

without-this-row = 若不用这条数据训练，模型认为{ $what }。
doubt-other = 是 `{ $label }`（{ $sure }）
doubt-missing = 漏标了 `{ $label }`（{ $sure }）
doubt-wrong = 标签 `{ $label }` 不适用（{ $sure }）
doubt-elsewhere = 标签 `{ $label }`（{ $sure }）在别的字符上，或应取代它
step = { $step ->
        [lexical] 词法
        [probe] 探针
        [fine-tuned] 微调
       *[other] { $step }
    }
classifier-measured = { $step }分类器，{ $accuracy }
accuracy = 准确率
micro-f1 = 微平均 F1
f1 = F1
held-out = 留出{ $measure } { $value }（{ $low }–{ $high }）
accuracy-unknown = { $origin }，准确率未知
nothing-learned-yet = 尚未训练
rows-labelled = 共 { $rows } 条，已标注 { $labelled } 条
dotted = { $line } · { $more }
more-findings = 另有 { $count } 条{ $code }
code = { $code ->
        [invalid-config] 无效配置
        [invalid-row] 无效数据
        [unknown-label] 未知标签
        [conflicting-duplicate] 冲突的重复
        [disagreement] 标注分歧
        [near-conflict] 冲突的近似重复
        [suspect-label] 疑似错误标签
        [leaked-row] 泄漏数据
        [near-leak] 近似泄漏数据
        [label-next] 优先标注
        [suggestion] 建议
        [duplicate] 重复
        [near-duplicate] 近似重复
        [cut-word] 截断的词
        [span] 片段
        [unused-label] 未使用的标签
        [weak-slice] 薄弱切片
       *[other] { $code }
    }
texts-are-cut = 有些文本超过编码器可读取的 { $tokens } 个词元：只读取其开头部分。
next-to-label = 下一条待标注
next-suspect = 下一条疑似错误
accept-all = 全部接受
open-a-data-set = 请先打开一个数据集，再运行此命令。
no-suggestion-reaches = 没有达到 { $threshold } 的建议。
no-row-marked = 这里没有标记为“{ $code }”的数据。
gloss-learns = Gloss 正在训练
gloss-brings-encoder = Gloss 正在获取编码器
not-learned = 未能训练
detected-in = { $file }：{ $what }
words-decided = 为何是 `{ $label }`：{ $words }
words-decided-roughly = 为何是 `{ $label }`：{ $words }（误差约 { $error }）
nearest-rows = 已标注行中最相似的：
nearest-row = - { $labels } { $likeness } { $text }

## What happens

decision-not-written = 此决定无法写入 { $folder }：{ $error }。之后会再次询问。
unreadable = { $path } { $why }。
unknown-format = 不是 Gloss 认识的数据文件
cannot-be-read = 无法读取：{ $error }
error-contained = Gloss 内部出错，已被拦截，详见日志。如果标注提示显示有误，请重新打开文件。
notes-not-made = 无法生成标注提示，详见日志。
training-error-contained = 训练任务内部出错，已被拦截，详见日志。保存文件可再试一次。
nothing-can-be-learned = 无法训练：{ $error }。请重新启动编辑器。
encoder-fetch-stopped = 编码器的获取已停止。词法分类器继续工作；运行 Gloss: Train 可获取编码器。
folder-is-polled = 每 { $seconds } 秒查看一次 { $folder }：{ $why }。
folder-unwatched = 无法监视 { $folder }：{ $why }。请在编辑器中保存以进行训练。
folder-is-remote = 它位于网络上
no-notices = 此系统不通知文件变化

## gloss.toml

no-toml = 不是有效的 TOML：{ $error }。
config-is-not-utf-8 = gloss.toml 不是 UTF-8。请另存为 UTF-8。
config-unreadable = gloss.toml 无法读取：{ $error }。
no-glob = `{ $glob }` 不是通配模式：{ $error }。
wrong-type = 应为{ $expected }；实际类型为 { $found }。
out-of-range = 实际为 { $found }；{ $expected }。
unknown-near = 未知{ $kind ->
        [section] 小节
        [key] 键
       *[other] {" "}{ $kind } 值
    } `{ $name }`；是否应为 `{ $near }`？
unknown-known = 未知{ $kind ->
        [section] 小节
        [key] 键
       *[other] {" "}{ $kind } 值
    } `{ $name }`；已知的有 { $known }。
a-table = 表 [{ $name }]
a-guideline = 引号中的标签说明
a-text-or-list = 引号中的文本，或由其组成的列表
a-field = 引号中的字段名称
a-separator = 引号中的标签分隔符
true-or-false = {" "}true 或 false
a-probability = {" "}0 到 1 之间的概率
a-layer-decay = layer_decay 应为大于 0 且不超过 1 的数
a-label-smoothing = label_smoothing 应为不小于 0 且小于 1 的数
an-encoder = 引号中的名称或文件夹
a-duration = 引号中的时长，例如 "30s"
one-of = 以下之一：{ $names }
no-budget = 不是有效的 budget：{ $why }。
expected-duration = 应为带单位的时长，例如 90s、2m、1m30s 或 500ms；实际为 `{ $found }`
no-encoder-name = `{ $name }` 既不是这里的文件夹，也不是 hub 上的模型名（形如 owner/name，例如 "{ $default }"）。"none" 表示不用编码器。

## What is stored

store-damaged = 已损坏
store-damaged-by = 已损坏（{ $error }）
store-not-understood = 无法识别（{ $error }）
store-of-version = 属于版本 { $version }
store-of-other = 属于其他程序
store-unknown-step = 含有此处未知的分类器 `{ $step }`
store-set-aside = 此前学到的内容 { $path } { $why }。已另存为 { $aside }；将重新训练，标签不会丢失。
store-left = 此前学到的内容 { $path } { $why }。无法移走（{ $error }）；将重新训练，标签不会丢失。
store-unreadable = { $path } 无法读取：{ $why }。将重新训练。
not-stored = 学到的内容无法存入 { $folder }：{ $why }。建议继续有效；下次启动将重新训练。

## Encoders

encoder-useless = 编码器无法使用，词法分类器继续工作。{ $why }
fetch-cancelled = 获取已取消；下次将从中断处继续。
head-of-another-encoder = 分类头属于另一个编码器。
no-encoder-to-fetch = `encoder = "none"` 表示不用编码器：无需获取。
fetching-is-off = 本机没有 `{ $id }`，且已禁止获取（gloss.toml 中的 offline = true、--offline、GLOSS_OFFLINE 或 HF_HUB_OFFLINE）。请在允许之处用 `gloss model fetch { $id }` 获取一次，或将 [model] encoder 设为含有 { $files } 的文件夹。
not-fetched = 未能获取 `{ $id }`：{ $why }。请在联网后重试，将 HF_ENDPOINT 设为 hub 的镜像，或将 { $files } 放入一个文件夹并把 [model] encoder 设为它。
pip-is-enough = 如果可以安装软件包，装上 pip 即可。
fetch-refused = 未能获取 `{ $id }`。{ $why }
and-also = { $first }；{ $second }
full-stop = { $what }。
no-cache-folder = 没有可存放编码器的文件夹。请将 HF_HOME 设为一个文件夹。
no-folder = 文件夹 { $folder } 不存在。请将 [model] encoder 设为存在的文件夹。
pickled-weights = { $folder } 中只有 pickle 权重，那是程序，在此从不运行。请转换为 model.safetensors。
folder-lacks = { $folder } 中没有 { $name }；编码器的文件夹应含有 { $files }。
folder-unreadable = { $folder } 无法读取。
disk-is-full = { $path } 无法写入：磁盘已满。请腾出空间后重新获取。
disk-is-closed = { $path } 无法写入（{ $error }）。请将 HF_HOME 设为有写权限的文件夹。
disk-fails = { $path } 无法写入（{ $error }）。
fetch-asking = 正在询问 { $host }
fetch-from = { $file }，来自 { $host }
fetch-with-pip = 用 pip 获取 { $package }
fetch-waiting = 等待其他程序完成获取
hub-is-none = { $host } 有应答，但不像模型 hub（是否有代理或需要登录？）
hub-no-etag = { $host } 没有给出 { $name } 的 ETag
hub-no-model = { $host } 上没有模型 `{ $id }`。请检查名称
hub-no-weights = { $host } 上没有它的 { $name }。Gloss 只读取单个 safetensors 文件，从不读取 pickle 权重。请换一个模型
hub-no-file = { $host } 上没有它的 { $name }。请检查名称，或换一个模型
hub-unknown-or-private = { $host } 上没有这个模型，或者它是私有的。请检查名称；私有模型请设置 HF_TOKEN
hub-forbidden = { $host } 拒绝提供（403）。请在其页面上接受条款并设置 HF_TOKEN，或换一个模型
hub-status = { $host } 返回状态 { $status }
file-is-damaged = { $name } 已损坏：{ $why }。请重新获取
file-not-resumable = { $name } 无法续传
file-of-wrong-size = { $name } 应有 { $size } 字节，而服务器发送 { $got } 字节。请稍后重试
connection-cut-after = { $name } 共 { $size } 字节，连接在 { $got } 字节后中断
connection-cut = 连接中断（{ $why }）
wrong-sum = 其 SHA-256 与 hub 给出的不符
redirect-unencrypted = { $host } 重定向到未加密的地址
redirect-endless = { $host } 不断重定向
host-unreachable = 无法连接 { $host }（{ $why }）
host-silent = { $host } 没有应答
no-such-host = 找不到主机
time-out = 超时
request-broke-off = 请求中断
nothing-heard = { $seconds } 秒内没有收到数据
pip-unwaitable = 无法等待 { $program }（{ $error }）
pip-brought-nothing = pip 也未能获取（{ $said }）
pip-is-silent = 无输出
no-pip = 也没有 pip（已尝试 { $tried }）
pip-no-wheel = pip 没有下载到 wheel
wheel-useless = pip 下载的 wheel 不可用：{ $why }
wheel-lacks = 其中没有 { $name }
file-fault = { $name }：{ $why }
it-cannot-be-read = 无法读取（{ $error }）
it-is-no-json = 不是 JSON（{ $error }）
weights-too-short = { $size } 字节对 safetensors 文件来说太短
weights-long-header = 其 safetensors 头部长达 { $length } 字节，而文件只有 { $size } 字节
weights-header-no-json = 其 safetensors 头部不是 JSON（{ $error }）
weights-header-no-table = 其 safetensors 头部不是张量表
weights-no-shape = 张量 `{ $name }` 的大小与形状不符
weights-gap = 张量 `{ $name }` 始于数据的第 { $from } 字节，而不是 { $end }
weights-none = 其中没有张量
weights-of-wrong-size = 其张量占 { $end } 字节，而实有 { $data } 字节
internal-error = 内部错误，继续运行：{ $what }

## An encoder's folder

encoder-file = { $file }：{ $problem }
file-not-found = 未找到。编码器的文件夹应含有此文件。
expected-json-object = 应为 JSON 对象。
no-model-type = 缺失
model-type = `model_type`：{ $found }；Gloss 可读取 { $known }。
config-size = `{ $name }` 为 { $found }；应为 1 到 { $most }。
config-heads = `{ $heads_name }` 为 { $heads }；它应能整除 `{ $hidden_name }`，即 { $hidden }。
config-positions-type = `position_embedding_type` 为 `{ $kind }`；Gloss 只读取 `absolute`。
config-activation = 激活函数为 `{ $activation }`；Gloss 只读取 `gelu`。
config-epsilon = `layer_norm_eps` 为 { $epsilon }；应为 0 到 1。
config-positions = `max_position_embeddings` 为 { $positions }：放不下任何文本。
checkpoint-in-parts = 检查点分为多个文件；Gloss 只读取单个文件。
checkpoint-is-pickled = 未找到，而 Gloss 只读取 safetensors：pytorch_model.bin 打开时可能运行代码。请转换它，或选择含有 model.safetensors 的检查点。
checkpoint-cut = 不完整或已损坏：有 { $length } 字节，应有 { $expected } 字节。请重新获取。
no-safetensors = 不是 safetensors 格式。
no-safetensors-since = 不是 safetensors 格式：{ $error }
tensor-not-finite = 张量 `{ $name }` 含有非有限的数。
tensor-of-wrong-shape = 张量 `{ $name }` 为 { $found }；config.json 要求 { $expected }。
tensor-of-wrong-type = 张量 `{ $name }` 的类型为 { $found }；Gloss 可读取 F32、F16 和 BF16。
tensor-missing = 缺少张量 `{ $name }`：不是 config.json 所描述的编码器。
no-tokenizer = 不是可读取的分词器。
tokenizer-of-another = 有 { $known } 个词元，而词向量表有 { $rows } 行：属于另一个编码器。
texts-of-tokens = { $tokens } 个词元的文本：{ $error }
