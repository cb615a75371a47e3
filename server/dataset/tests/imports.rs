//! Files that other tools really wrote: each is read, or refused with a message, and none crashes.
//!
//! They are not part of this repository: without `../shared/import_fixtures` (or `GLOSS_IMPORT_FIXTURES`) the test says so and
//! passes.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use dataset::{
    Answer, Document, Format, Hints, Task,
    convert::{self, FormatName, Options, Part, Reading, Record, Source},
    stream::Rows,
};

fn folder() -> Option<PathBuf> {
    let near = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/import_fixtures");
    let folder = env::var_os("GLOSS_IMPORT_FIXTURES").map_or_else(near, PathBuf::from);
    folder.join("MANIFEST.json").is_file().then_some(folder)
}

/// What is to come of each file: its format and rows, or what the refusal says, with two blanks between. The first line that
/// fits counts; `*` stands for anything.
const OUTCOMES: &str = "
refused  This is a spreadsheet. Save it as CSV UTF-8  *.xlsx
refused  This is XML  *.xml
refused  the other one is missing  brat/BioNLP-ST_2011/BioNLP-ST_2011_GE/PMID-8051172.ann
brat  1  brat/*.ann
brat  1  brat/*.txt
refused  This is a configuration  brat/*.conf
webanno  >0  inception/inception-io-webanno-tsv/src/test/resources/tsv3-suite/*
argilla  10  argilla-rubrix/textClassification.json
argilla  1  argilla-rubrix/tokenClassification.json
csv  3  doccano-transformer/classification/classification.csv
doccano  3  doccano-transformer/classification/classification.jsonl
doccano  2  doccano-transformer/labeling/labeling.jsonl
doccano  2  doccano-transformer/labeling/labeling_text_label.jsonl
csv  3  doccano-transformer/seq2seq/seq2seq.csv
doccano  3  doccano-transformer/seq2seq/seq2seq.jsonl
doccano  2  doccano/data_export/pipeline/examples/intent_detection/example.jsonl
doccano  1  doccano/data_export/pipeline/examples/relation_extraction/example.jsonl
doccano  3  doccano/data_export/pipeline/examples/sequence_labeling/example.jsonl
csv  3  doccano/data_export/pipeline/examples/sequence_to_sequence/example.csv
gloss  3  doccano/data_export/pipeline/examples/sequence_to_sequence/example.json
gloss  3  doccano/data_export/pipeline/examples/sequence_to_sequence/example.jsonl
csv  3  doccano/data_export/pipeline/examples/text_classification/example.csv
gloss  3  doccano/data_export/pipeline/examples/text_classification/example.json
gloss  3  doccano/data_export/pipeline/examples/text_classification/example.jsonl
fasttext  3  doccano/data_export/pipeline/examples/text_classification/example.txt
doccano  2  doccano/data_import/pipeline/examples/intent_detection/example.jsonl
doccano  1  doccano/data_import/pipeline/examples/relation_extraction/example.jsonl
gloss  3  doccano/data_import/pipeline/examples/sequence_labeling/example.jsonl
conll  2  doccano/data_import/pipeline/examples/sequence_labeling/example.txt
csv  3  doccano/data_import/pipeline/examples/sequence_to_sequence/example.csv
gloss  3  doccano/data_import/pipeline/examples/sequence_to_sequence/example.json
gloss  3  doccano/data_import/pipeline/examples/sequence_to_sequence/example.jsonl
lines  3  doccano/data_import/pipeline/examples/task_agnostic/text_files.txt
lines  3  doccano/data_import/pipeline/examples/task_agnostic/text_lines.txt
csv  3  doccano/data_import/pipeline/examples/text_classification/example.csv
gloss  3  doccano/data_import/pipeline/examples/text_classification/example.json
gloss  3  doccano/data_import/pipeline/examples/text_classification/example.jsonl
fasttext  3  doccano/data_import/pipeline/examples/text_classification/example.txt
lines  3  doccano/data_import/tests/data/example.txt
csv  3  doccano/data_import/tests/data/example.utf16.csv
doccano  4  doccano/data_import/tests/data/intent/example.jsonl
doccano  1  doccano/data_import/tests/data/relation_extraction/example.jsonl
csv  2  doccano/data_import/tests/data/seq2seq/example.csv
gloss  2  doccano/data_import/tests/data/seq2seq/example.json
gloss  2  doccano/data_import/tests/data/seq2seq/example.jsonl
conll  2  doccano/data_import/tests/data/sequence_labeling/example.conll
doccano  2  doccano/data_import/tests/data/sequence_labeling/example.jsonl
doccano  1  doccano/data_import/tests/data/sequence_labeling/example_overlapping.jsonl
conll  3  doccano/data_import/tests/data/sequence_labeling/labeling.invalid.conll
conll  1  doccano/data_import/tests/data/sequence_labeling/labeling.trailing.conll
csv  2  doccano/data_import/tests/data/text_classification/example.csv
csv  2  doccano/data_import/tests/data/text_classification/example.invalid.2.csv
gloss  3  doccano/data_import/tests/data/text_classification/example.json
gloss  3  doccano/data_import/tests/data/text_classification/example.jsonl
fasttext  3  doccano/data_import/tests/data/text_classification/example_fasttext.txt
csv  2  doccano/data_import/tests/data/text_classification/example_out_of_order_columns.csv
fasttext  3  fasttext/text_classification/example_fasttext.txt
refused  This is an editor's message of INCEpTION  inception/inception-diam-compactv2/src/test/resources/compactv2/reference.json
refused  This is UIMA CAS JSON  inception/inception-io-json/src/test/resources/conll/2000/chunk2000_ref.json
conll  3  inception/inception-io-json/src/test/resources/conll/2000/chunk2000_test.conll
lines  3  inception/inception-io-text/src/test/resources/text/space-separated-no-final-line-break.txt
lines  1  inception/inception-io-text/src/test/resources/text/text-with-punctuation.txt
refused  This is WebAnno's TSV of an older version  inception/inception-io-webanno-tsv/src/test/resources/tsv2/example.tsv
refused  This is WebAnno's TSV of an older version  inception/inception-io-webanno-tsv/src/test/resources/tsv2/example2.tsv
label-studio  4  label-studio-examples/ModelMonitoring/ls_data.json
refused  no field was recognised as the text  label-studio-examples/multi-turn-chat/labeled_results.json
gloss  23  label-studio-examples/openai-fine-tuning/annotated_qa_pairs.json
label-studio  2  label-studio-sdk/test_export_csv/csv_test.json
label-studio  1  label-studio-sdk/test_export_csv/csv_test2.json
csv  1  label-studio-sdk/test_export_csv/csv_test2_result.csv
label-studio  1  label-studio-sdk/test_export_csv/csv_test_colliding_keys.json
label-studio  2  label-studio-sdk/test_export_csv/csv_test_colliding_keys_mixed.json
label-studio  1  label-studio-sdk/test_export_csv/csv_test_history.json
refused  no field was recognised as the text  label-studio-sdk/test_export_doclang/data.json
label-studio  1  label-studio-sdk/test_export_json_min/chat_data.json
refused  no field was recognised as the text  label-studio-sdk/test_export_json_min/data.json
refused  no field was recognised as the text  label-studio-sdk/test_export_json_min/data_repeater.json
refused  no field was recognised as the text  label-studio-sdk/test_export_json_min/label_config_repeater.json
refused  No column was recognised as the text  label-studio/samples/image_urls.csv
lines  3  label-studio/samples/lines.txt
refused  no field was recognised as the text  label-studio/samples/random-with-predictions.json
refused  No column was recognised as the text  label-studio/samples/test_1.csv
refused  No column was recognised as the text  label-studio/samples/test_2.csv
refused  No column was recognised as the text  label-studio/samples/test_3.csv
refused  No column was recognised as the text  label-studio/samples/test_4.csv
label-studio  6  label-studio/tasks_annotations_predictions.json
spacy  2  prodigy-projects/pipelines/ner_demo/assets/dev.json
spacy  2  prodigy-projects/pipelines/ner_demo/assets/train.json
spacy  3  prodigy-projects/pipelines/spancat_demo/assets/train.json
prodigy  30  prodigy-projects/tutorials/nel_emerson/assets/emerson_annotated_text.jsonl
prodigy  500  prodigy-projects/tutorials/ner_drugs/assets/drugs_eval.jsonl
refused  no field was recognised as the text  prodigy-projects/tutorials/ner_fashion_brands/assets/fashion_brands_patterns.jsonl
prodigy  149  prodigy-projects/tutorials/rel_component/assets/annotations.jsonl
prodigy  372  prodigy/example-datasets/annotated_news_headlines-ORG-PERSON-LOCATION-ner.jsonl
prodigy  90  prodigy/example-datasets/annotated_reddit-INSULT-textcat.jsonl
prodigy  438  prodigy/example-datasets/annotated_reddit-PRODUCT-ner.jsonl
gloss  129  prodigy/example-datasets/bio_events.jsonl
gloss  200  prodigy/example-datasets/news_headlines.jsonl
rasa  578  rasa-financial-demo/nlu/nlu.yml
rasa-json  25  rasa-nlu-json/testData.json
rasa  471  rasa-nlu/banking/nlu.yml
rasa  52  rasa-nlu/car-purchase/nlu.yml
rasa  32  rasa-nlu/education/nlu.yml
rasa  32  rasa-nlu/fixing-internet/nlu.yml
rasa  248  rasa-nlu/mood/nlu.yml
rasa  53  rasa-nlu/restaurant/nlu.yml
rasa  18  rasa-nlu/retail/nlu.yml
rasa  52  rasa-nlu/smalltalk/nlu.yml
rasa  206  rasa-nlu/weather/nlu.yml
";

fn outcome(folder: &Path, file: &str) -> Result<Reading, String> {
    let bytes = fs::read(folder.join(file)).unwrap();
    let pair =
        |ending| file.starts_with("brat/").then(|| fs::read(folder.join(file).with_extension(ending)).ok()).flatten();
    let (bytes, beside) = match file.rsplit_once('.') {
        Some((_, "ann")) => pair("txt").map_or((bytes.clone(), None), |text| (text, Some(bytes))),
        Some((_, "txt")) => (bytes, pair("ann")),
        _ => (bytes, None),
    };
    convert::read(Source { name: file, bytes: &bytes, beside: beside.as_deref() }, None, &Options::default())
}

/// Whether a path is one of a pattern with at most one `*`.
fn fits(pattern: &str, path: &str) -> bool {
    match pattern.split_once('*') {
        Some((start, end)) => path.starts_with(start) && path.ends_with(end) && path.len() >= start.len() + end.len(),
        None => path == pattern,
    }
}

#[test]
fn each_file_is_read_or_refused_with_a_reason() {
    let Some(folder) = folder() else {
        eprintln!("skipped: there is no ../shared/import_fixtures, and GLOSS_IMPORT_FIXTURES names no other folder");
        return;
    };
    let manifest = fs::read_to_string(folder.join("MANIFEST.json")).unwrap();
    let manifest = convert::Json::parse(&manifest).unwrap();
    let files = manifest.as_list().unwrap();
    let mut wrong = Vec::new();
    for file in files.iter().map(|entry| entry.get("file").unwrap().as_text().unwrap()) {
        let lines = OUTCOMES.lines().map(|line| line.splitn(3, "  ").collect::<Vec<_>>());
        let Some(line) = lines.filter(|line| line.len() == 3).find(|line| fits(line[2], file)) else {
            wrong.push(format!("{file}: no outcome is in the table"));
            continue;
        };
        match outcome(&folder, file) {
            Ok(reading) => {
                let (format, rows) = (reading.format.name(), reading.dataset.records.len());
                if format != line[0] || (rows.to_string() != line[1] && line[1] != ">0") {
                    wrong.push(format!("{file}: {rows} rows of {format}, not {} of {}", line[1], line[0]));
                }
                wrong.extend(there_and_back(&reading).err().map(|why| format!("{file}: {why}")));
            }
            Err(why) if line[0] == "refused" && why.contains(line[1]) => {}
            Err(why) => wrong.push(format!("{file}: {why}")),
        }
    }
    assert!(files.len() > 200, "{} files", files.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Written in its own format, or in Gloss's where that is only read, and read again, a row says what it said, but for what
/// was lost with a word.
fn there_and_back(reading: &Reading) -> Result<(), String> {
    let format = if reading.format.is_written() { reading.format } else { FormatName::Gloss };
    let written = convert::write(&reading.dataset, format, &Options::default())?;
    let source = Source { name: "", bytes: &written.bytes, beside: None };
    let again = convert::read(source, Some(format), &Options::default())?;
    let lost =
        |line: usize, part: Part| written.losses.iter().any(|loss| loss.part == part && loss.lines.contains(&line));
    let held =
        |records: &[Record]| records.iter().filter(|record| !lost(record.line, Part::Row)).cloned().collect::<Vec<_>>();
    // Whether nobody looked or there are none is another matter, which few formats tell.
    let spans = |record: &Record| record.spans.clone().unwrap_or_default();
    let (mut before, mut after) = (held(&reading.dataset.records), again.dataset.records);
    if written.losses.iter().any(|loss| loss.part == Part::Order) {
        before.sort_by(|one, other| (&one.text, &one.labels).cmp(&(&other.text, &other.labels)));
        after.sort_by(|one, other| (&one.text, &one.labels).cmp(&(&other.text, &other.labels)));
    }
    if before.len() != after.len() {
        return Err(format!("{} rows became {}", before.len(), after.len()));
    }
    for (one, other) in before.iter().zip(&after) {
        let fields = one.rest.iter().all(|field| other.rest.contains(field));
        let kept = (lost(one.line, Part::Text) || one.text == other.text)
            && (lost(one.line, Part::Labels) || one.labels == other.labels)
            && (lost(one.line, Part::Spans) || lost(one.line, Part::Text) || spans(one) == spans(other))
            && (lost(one.line, Part::Fields) || fields);
        if !kept {
            return Err(format!("as {}, line {}: {one:?} became {other:?}", format.name(), one.line));
        }
    }
    Ok(())
}

/// What an editor is shown of Rasa's files is what is converted, and a file that goes through keeps its bytes.
#[test]
fn files_of_rasa_open_as_they_are() {
    let Some(folder) = folder() else { return };
    let files = OUTCOMES.lines().filter_map(|line| line.strip_prefix("rasa  ")?.split_once("  "));
    for (count, file) in files {
        let source = fs::read_to_string(folder.join(file)).unwrap();
        let reading = outcome(&folder, file).unwrap();
        for task in [Task::Single, Task::Spans] {
            let hints = Hints { task: Some(task), ..Hints::default() };
            let document = Document::open(Path::new(file), source.clone(), &hints).expect("it is one of Rasa's");
            assert_eq!((document.schema().format, document.problems()), (Format::Rasa, &[][..]), "{file}");
            assert_eq!(document.rows().len().to_string(), count, "{file}");
            for (row, record) in reading.dataset.records.iter().enumerate() {
                assert_eq!(document.text(row), record.text, "{file}");
                match document.rows()[row].answer() {
                    Some(Answer::Spans(spans)) => assert_eq!(spans[..], *record.spans.clone().unwrap_or_default()),
                    answer => {
                        assert_eq!(answer.map(Answer::labels), record.labels.as_ref().map(|all| all.iter().collect()))
                    }
                }
            }
        }
        let rows = Rows::named(source.as_bytes(), Path::new(file), &Hints::default()).unwrap();
        let bytes: Vec<u8> = rows.flat_map(|row| row.unwrap().bytes).collect();
        assert!(bytes == source.as_bytes(), "{file}");
    }
}
