use std::sync::Mutex;

use proptest::prelude::*;

use super::*;

/// A text's vector is its length and one, made unit.
#[derive(Debug, Default)]
struct Lengths(Mutex<usize>);

impl Encode for Lengths {
    fn id(&self) -> u64 {
        7
    }
    fn width(&self) -> usize {
        2
    }
    fn embed(&self, texts: &[&str], control: &Control) -> Result<Matrix, FitError> {
        if control.is_cancelled() {
            return Err(FitError::Cancelled);
        }
        *self.0.lock().unwrap() += texts.len();
        let vector = |text: &&str| {
            let length = text.len() as f32;
            [length, 1.0].map(|value| value / length.hypot(1.0))
        };
        Ok(Matrix { columns: 2, values: texts.iter().flat_map(vector).collect() })
    }
}

fn texts(bodies: &[&str]) -> Vec<Text> {
    bodies.iter().map(|body| Text { key: body.len() as u64, body: (*body).into() }).collect()
}

#[test]
fn a_text_is_embedded_once() {
    let lengths = Arc::new(Lengths::default());
    let embeddings = Embeddings::new(lengths.clone(), None);
    let texts = texts(&["abc", "a", "abc"]);
    let vectors = embeddings.of(&texts, &Control::default()).unwrap();
    assert_eq!(vectors.rows(), 3);
    assert_eq!(vectors.row(0), vectors.row(2));
    assert!((vectors.row(1)[0] - 0.5f32.sqrt()).abs() < 1e-3);
    embeddings.of(&texts, &Control::default()).unwrap();
    assert_eq!(*lengths.0.lock().unwrap(), 2);
    assert!(embeddings.has(3) && !embeddings.has(2));
}

#[test]
fn what_was_done_before_a_cancel_stays() {
    let embeddings = Embeddings::new(Arc::new(Lengths::default()), None);
    let bodies: Vec<String> = (1..=PORTION * 2).map(|length| "x".repeat(length)).collect();
    let texts = texts(&bodies.iter().map(String::as_str).collect::<Vec<_>>());
    let control = Control::default();
    let cancelled = embeddings.embed(&texts, &control, |_, _| control.cancel.cancel());
    assert_eq!(cancelled, Err(FitError::Cancelled));
    assert_eq!(embeddings.missing(&texts).len(), PORTION);
}

/// What was kept, by grain, encoder and text.
#[derive(Debug, Default)]
struct Remembered(Mutex<FxHashMap<(bool, u64, u64), Vec<u8>>>);

impl Vault for Remembered {
    fn recall(&self, grain: Grain, encoder: u64, keys: &[u64], known: &mut dyn FnMut(u64, &[u8])) {
        let all = self.0.lock().unwrap();
        let kept = |key: &u64| Some((*key, all.get(&(grain != Grain::Texts, encoder, *key))?));
        keys.iter().filter_map(kept).for_each(|(key, bytes)| known(key, bytes));
    }
    fn keep(&self, grain: Grain, encoder: u64, entries: &[(u64, &[u8])]) -> bool {
        let entries = entries.iter().map(|(key, bytes)| ((grain != Grain::Texts, encoder, *key), bytes.to_vec()));
        self.0.lock().unwrap().extend(entries);
        true
    }
}

#[test]
fn what_another_embedded_is_recalled() {
    let vault = Arc::new(Remembered::default());
    let texts = texts(&["abc", "a"]);
    Embeddings::new(Arc::new(Lengths::default()), Some(vault.clone())).of(&texts, &Control::default()).unwrap();
    let lengths = Arc::new(Lengths::default());
    Embeddings::new(lengths.clone(), Some(vault)).of(&texts, &Control::default()).unwrap();
    assert_eq!(*lengths.0.lock().unwrap(), 0);
}

/// Embeddings of words with so much room in memory and in all, in bytes: a word takes four.
fn words(room: usize, most: usize, vault: Option<&Arc<Remembered>>) -> (Arc<Lengths>, Embeddings) {
    let (lengths, vault) = (Arc::new(Lengths::default()), vault.map(|vault| vault.clone() as Arc<dyn Vault>));
    (lengths.clone(), Embeddings::of_grain(Grain::Words(Reading::Pretrained), lengths, vault, Shelf::new(room, most)))
}

fn of_words(words: &Embeddings, texts: &[Text]) -> Vec<Packed> {
    words.of_words(&texts.iter().collect::<Vec<_>>(), &Control::default()).unwrap()
}

#[test]
fn words_have_vectors_of_their_own() {
    let embeddings = Arc::new(Embeddings::new(Arc::new(Lengths::default()), None));
    let words = embeddings.words();
    assert!(Arc::ptr_eq(&words, &embeddings.words()) && Arc::ptr_eq(&words, &words.words()));
    let vectors = of_words(&words, &texts(&["to me", "", "to you"]));
    assert_eq!(vectors.iter().map(|vectors| vectors.words(2)).collect::<Vec<_>>(), [2, 0, 2]);
    let mut read = [0.0; 2];
    vectors[0].read(1, &mut read);
    assert!((read[0] - 2.0 / 5.0f32.sqrt()).abs() < 0.005 && (read[1] - 1.0 / 5.0f32.sqrt()).abs() < 0.005, "{read:?}");
    assert!(words.has(5) && words.has(0) && !embeddings.has(5));
}

#[test]
fn a_restart_finds_the_words_of_texts_and_reads_what_memory_has_no_room_for() {
    let vault = Arc::new(Remembered::default());
    let texts = texts(&["to me", "for you", "he"]);
    let vectors = of_words(&words(usize::MAX, usize::MAX, Some(&vault)).1, &texts);
    // After a start; the second text is the last in memory, the third is beyond.
    let (lengths, words) = words(12, 100, Some(&vault));
    assert_eq!(of_words(&words, &texts), vectors);
    assert_eq!(of_words(&words, &texts[2..]), vectors[2..]);
    assert_eq!(*lengths.0.lock().unwrap(), 0);
    assert!(words.has(2) && words.missing(&texts).is_empty() && !words.is_full());
    // What the vault has let go is made again.
    vault.0.lock().unwrap().clear();
    assert_eq!(of_words(&words, &texts), vectors);
    assert_eq!((*lengths.0.lock().unwrap(), vault.0.lock().unwrap().len()), (1, 1));
}

#[test]
fn of_what_there_is_no_room_for_words_are_made_each_time() {
    let vault = Arc::new(Remembered::default());
    let texts = texts(&["to me", "for you", "he"]);
    for vault in [None, Some(&vault)] {
        let (lengths, words) = words(8, 8, vault);
        words.embed([&texts[0]], &Control::default(), |_, _| {}).unwrap();
        assert!(words.is_full() && words.missing(&texts).is_empty());
        let vectors = of_words(&words, &texts);
        assert_eq!(vectors.iter().map(|vectors| vectors.words(2)).collect::<Vec<_>>(), [2, 2, 1]);
        assert!(!words.has(7));
        assert_eq!(*lengths.0.lock().unwrap(), 5);
    }
}

#[test]
fn a_vault_that_keeps_nothing_is_done_without() {
    #[derive(Debug)]
    struct Broken;
    impl Vault for Broken {
        fn recall(&self, _: Grain, _: u64, _: &[u64], _: &mut dyn FnMut(u64, &[u8])) {}
        fn keep(&self, _: Grain, _: u64, _: &[(u64, &[u8])]) -> bool {
            false
        }
    }
    let lengths = Arc::new(Lengths::default());
    let words =
        Embeddings::of_grain(Grain::Words(Reading::Pretrained), lengths, Some(Arc::new(Broken)), Shelf::new(4, 100));
    let texts = texts(&["to me", "for you"]);
    of_words(&words, &texts);
    assert!(words.has(5) && !words.has(7) && words.is_full());
}

#[test]
fn a_foreign_entry_is_made_anew() {
    let sound = of_words(&words(100, 100, None).1, &texts(&["to me"]));
    let infinite = [0, 0x7c, 1, 1].repeat(2);
    for foreign in [vec![], vec![0; 4], vec![0; 7], vec![0; 12], infinite] {
        let vault = Arc::new(Remembered::default());
        vault.keep(Grain::Words(Reading::Pretrained), 7, &[(5, &foreign)]);
        let (lengths, words) = words(100, 100, Some(&vault));
        assert_eq!(of_words(&words, &texts(&["to me"])), sound);
        assert_eq!(*lengths.0.lock().unwrap(), 2);
    }
}

proptest! {
    #[test]
    fn packed_vectors_are_near_and_finite(values in prop::collection::vec(-1e3f32..1e3, 0..30), width in 1usize..7) {
        let bytes = packed::pack(&values, width);
        let words = values.len() / width;
        prop_assert!(packed::is_sound(&bytes, width, words));
        let packed = Packed::from(bytes);
        prop_assert_eq!(packed.words(width), words);
        let mut read = vec![0.0; width];
        for (word, vector) in values.chunks_exact(width).enumerate() {
            packed.read(word, &mut read);
            let largest = vector.iter().fold(0.0f32, |largest, value| largest.max(value.abs()));
            // Half a step, and that the factor itself is rounded.
            let near = largest * 0.5 / 126.0 + largest * 1e-3 + 1e-4;
            prop_assert!(vector.iter().zip(&read).all(|(value, read)| (value - read).abs() <= near), "{vector:?} {read:?}");
        }
    }

    #[test]
    fn any_numbers_are_packed_and_any_bytes_are_read(
        values in prop::collection::vec(any::<f32>(), 6), bytes in prop::collection::vec(any::<u8>(), 0..20),
    ) {
        prop_assert!(packed::is_sound(&packed::pack(&values, 3), 3, 2));
        let packed = Packed::from(bytes);
        (0..6).for_each(|word| packed.read(word, &mut [0.0; 3]));
    }
}
