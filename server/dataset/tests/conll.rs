//! CoNLL as it is opened: sentences as rows, tags as spans, read and written in place.

mod support;

use dataset::{Answer, Document, Format};
use support::{open, picture, said, spans};

const SENTENCES: &str = "-DOCSTART- -X- O\n\n# id = 1\nAnna\tB-PER\nmoved\tO\nto\tO\nNew\tB-CITY\nYork\tI-CITY\n\n\nnothing\tO\r\n\nnot\nyet\n";

fn after(document: &Document, row: usize, answer: Option<&Answer>) -> String {
    let edits = document.answer_edits(row, answer).expect("edits");
    let mut after = document.clone();
    edits.iter().rev().for_each(|edit| {
        after.edit(edit);
    });
    assert_eq!(after.problems(), [], "{}", after.source());
    assert_eq!(after.rows()[row].answer(), answer, "{}", after.source());
    for other in (0..document.rows().len()).filter(|other| *other != row) {
        assert_eq!(after.rows()[other].answer(), document.rows()[other].answer());
    }
    after.source().to_owned()
}

#[test]
fn sentences_are_rows_and_tags_are_spans() {
    let document = open("a.conll", SENTENCES);
    assert_eq!(
        picture(&document),
        "\"Anna moved to New York\" => <[Anna](PER) [New\tB-CITY\nYork](CITY)> at B-PER\nmoved\tO\nto\tO\nNew\tB-CITY\nYork\tI-CITY\n\
         \"nothing\" => <> at O\n\"not yet\" => (none) at -\n"
    );
    assert_eq!(open("train.txt", "Anna B-PER\nsleeps O\n").schema().format, Format::Conll);
    let sites: Vec<&str> = document.sites(0).into_iter().map(|site| &document.source()[site]).collect();
    assert_eq!(sites, ["B-PER", "B-CITY"]);
}

#[test]
fn only_the_tags_that_differ_are_written() {
    let document = open("a.conll", SENTENCES);
    let wanted = spans(&[(0, 4, "PER"), (14, 17, "CITY"), (18, 22, "CITY")]);
    assert_eq!(after(&document, 0, Some(&wanted)), SENTENCES.replace("York\tI-CITY", "York\tB-CITY"));
    assert_eq!(document.answer_edits(0, Some(&wanted)).map(|edits| edits.len()), Ok(1));
    assert_eq!(
        after(&document, 2, Some(&spans(&[(4, 7, "DAY")]))),
        SENTENCES.replace("not\nyet\n", "not\tO\nyet\tB-DAY\n")
    );
    assert_eq!(after(&document, 1, None), SENTENCES.replace("nothing\tO", "nothing\t_"));
    let within = document.answer_edits(0, Some(&spans(&[(0, 2, "PER")])));
    assert!(within.is_err_and(|why| why.contains("within a token")));
    let shared = document.answer_edits(0, Some(&spans(&[(0, 10, "PER"), (5, 10, "CITY")])));
    assert!(shared.is_err_and(|why| why.contains("share a token")));
}

#[test]
fn a_file_keeps_its_scheme() {
    let two = spans(&[(0, 3, "x"), (4, 5, "x"), (8, 9, "y")]);
    for (source, expected) in [
        ("a B-x\nb I-x\nc O\nd O\ne O\n", "a B-x\nb I-x\nc B-x\nd O\ne B-y\n"),
        ("a I-x\nb I-x\nc O\nd O\ne O\n", "a I-x\nb I-x\nc B-x\nd O\ne I-y\n"),
        ("a B-x\nb E-x\nc O\nd O\ne O\n", "a B-x\nb E-x\nc S-x\nd O\ne S-y\n"),
        ("a B-x\nb L-x\nc O\nd O\ne O\n", "a B-x\nb L-x\nc U-x\nd O\ne U-y\n"),
    ] {
        let document = open("a.bio", source);
        assert_eq!(said(&document, 0), "<[a B-x\nb](x)>".replace("B-x", source[2..5].trim()));
        assert_eq!(after(&document, 0, Some(&two)), expected);
    }
}

#[test]
fn what_is_no_tag_is_named() {
    let document = open("a.conll", "a B-x\nb\n\nc\tNN\n\nd\tO\n");
    assert_eq!(
        picture(&document),
        "! \"b\": Found no tag; expected a tag, `O` or one such as `B-city`.\n\
         ! \"NN\": Found `NN`; expected a tag, `O` or one such as `B-city`.\n\"d\" => <> at O\n"
    );
}
