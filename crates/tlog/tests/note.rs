//! Signed notes, keys and checkpoints.
#![expect(clippy::unwrap_used, reason = "a fixture that fails fails its test")]

use ed25519_dalek::{Signer as _, SigningKey};
use tlog::{
    Checkpoint, Cosigner, Hash, Note, NoteSignature, SignedCheckpoint, Signer, TrustedLog, VerifierKey,
    WitnessPolicy,
    checkpoint::CheckpointError,
    note::{KeyError, NoteError, SignatureAlgorithm},
    policy::PolicyError,
};

/// The example of C2SP signed-note.
const EXAMPLE_KEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const EXAMPLE_NOTE: &str = "This is an example message.\n\n\
    — example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

fn log_key() -> Signer {
    Signer::from_seed("log.example/1", &[1; 32]).unwrap()
}

fn witness_key(number: u8) -> Cosigner {
    Cosigner::from_seed(format!("witness.example/{number}"), &[100 + number; 32]).unwrap()
}

fn signed() -> SignedCheckpoint {
    let checkpoint = Checkpoint::new("log.example/1", 70_000, Hash([9; 32])).unwrap();
    SignedCheckpoint::sign(checkpoint, &log_key())
}

#[test]
fn the_specification_s_example_verifies() {
    let key: VerifierKey = EXAMPLE_KEY.parse().unwrap();
    assert_eq!(key.to_string(), EXAMPLE_KEY);
    assert_eq!(key.algorithm(), SignatureAlgorithm::Ed25519);
    let note = Note::parse(EXAMPLE_NOTE.as_bytes()).unwrap();
    assert_eq!(note.text(), "This is an example message.\n");
    assert_eq!(note.to_string(), EXAMPLE_NOTE);
    let verified = note.verify(&[key]).unwrap();
    assert_eq!(verified.len(), 1);
    assert_eq!(verified[0].key_id, 0x530d_903a);
    assert_eq!(verified[0].cosigned_at_s, None);
}

#[test]
fn signatures_are_those_of_rfc_8032_over_the_texts_of_the_specifications() {
    let text = "log.example/1\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";
    let by_log = log_key().sign(text);
    let key = SigningKey::from_bytes(&[1; 32]);
    assert_eq!(by_log.signature(), key.sign(text.as_bytes()).to_bytes());

    let by_witness = witness_key(1).cosign(text, 1_679_315_147).unwrap();
    let key = SigningKey::from_bytes(&[101; 32]);
    let message = format!("cosignature/v1\ntime 1679315147\n{text}");
    let signature = key.sign(message.as_bytes()).to_bytes();
    let want = [&1_679_315_147_u64.to_be_bytes()[..], &signature].concat();
    assert_eq!(by_witness.signature(), want);

    assert!(witness_key(1).cosign(text, 0).is_err());
    assert!(witness_key(1).cosign(text, 1 << 63).is_err());
}

#[test]
fn malformed_notes_are_refused_by_name() {
    use NoteError as E;
    let line = EXAMPLE_NOTE.rsplit_once("\n\n").unwrap().1.trim_end();
    let with = |text: &str| Note::parse(text.as_bytes()).unwrap_err();
    for (note, want) in [
        (String::new(), E::Structure),
        ("text\n".into(), E::Structure),
        ("text\n\n".into(), E::Structure),
        (format!("text\n{line}\n"), E::Structure),
        (format!("text\n\n{line}"), E::Structure),
        (format!("text\n\n{line}\n\n"), E::Structure),
        (format!("te\rxt\n\n{line}\n"), E::ControlCharacter),
        (format!("te\txt\n\n{line}\n"), E::ControlCharacter),
        (format!("text\n\n{line}\r\n"), E::ControlCharacter),
        (format!("text\n\n{line}\n{line} \n"), E::SignatureLine { line: 2 }),
        (format!("text\n\n- {}\n", &line[4..]), E::SignatureLine { line: 1 }),
        (format!("text\n\n—{}\n", &line[4..]), E::SignatureLine { line: 1 }),
        ("text\n\n— name\n".into(), E::SignatureLine { line: 1 }),
        ("text\n\n— na+me AAAAAAE=\n".into(), E::SignatureLine { line: 1 }),
        ("text\n\n— na\u{a0}me AAAAAAE=\n".into(), E::SignatureLine { line: 1 }),
        ("text\n\n—  AAAAAAE=\n".into(), E::SignatureLine { line: 1 }),
        ("text\n\n— name AAAAAAE\n".into(), E::SignatureLine { line: 1 }),
        ("text\n\n— name AAAAAAF=\n".into(), E::SignatureLine { line: 1 }),
        // A key id and nothing after it.
        ("text\n\n— name AAAAAA==\n".into(), E::SignatureLine { line: 1 }),
        ("text\n\n".to_owned() + &"— name AAAAAAE=\n".repeat(101), E::TooManySignatures),
    ] {
        assert_eq!(with(&note), want, "{note:?}");
    }
    assert_eq!(Note::parse(b"text\xff\n\n").unwrap_err(), E::NotUtf8);
    let large = vec![b'a'; (1 << 20) + 1];
    assert!(matches!(Note::parse(&large), Err(E::TooLarge { .. })));

    // The text may hold blank lines; the last one separates.
    let note = Note::parse(format!("one\n\ntwo\n\n\n{line}\n").as_bytes()).unwrap();
    assert_eq!(note.text(), "one\n\ntwo\n\n");
    assert_eq!(note.signatures().len(), 1);
}

#[test]
fn only_known_keys_count_and_a_false_one_spoils_the_note() {
    let key: VerifierKey = EXAMPLE_KEY.parse().unwrap();
    let other = log_key();
    let mut note = Note::parse(EXAMPLE_NOTE.as_bytes()).unwrap();
    let unknown = note.verify(std::slice::from_ref(other.verifier_key()));
    assert_eq!(unknown, Err(NoteError::NoKnownKey));
    assert_eq!(note.verify(&[]), Err(NoteError::NoKnownKey));

    note.add(other.sign("another text\n"));
    assert_eq!(note.verify(std::slice::from_ref(&key)).unwrap().len(), 1);
    let keys = [key, other.verifier_key().clone()];
    assert!(matches!(note.verify(&keys), Err(NoteError::FalseSignature { .. })));

    let altered = EXAMPLE_NOTE.replace("example message", "exemple message");
    let altered = Note::parse(altered.as_bytes()).unwrap();
    assert!(matches!(altered.verify(&keys[..1]), Err(NoteError::FalseSignature { .. })));
}

#[test]
fn keys_are_read_strictly() {
    let key = log_key().verifier_key().to_string();
    let (name, rest) = key.split_once('+').unwrap();
    let (id, base64) = rest.split_once('+').unwrap();
    assert_eq!(key.parse::<VerifierKey>().unwrap().to_string(), key);
    let weak = VerifierKey::new("name", SignatureAlgorithm::Ed25519, &[0; 32]);
    assert_eq!(weak, Err(KeyError::PublicKey { name: "name".into() }));

    let said: Vec<String> = [
        String::new(),
        name.to_owned(),
        format!("{name}+{id}"),
        format!("+{id}+{base64}"),
        format!("{name} x+{id}+{base64}"),
        format!("{name}+{}+{base64}", id.to_uppercase().replace(|c: char| c.is_ascii_digit(), "A")),
        format!("{name}+0{id}+{base64}"),
        format!("{name}+{id}+{}", &base64[1..]),
        format!("{name}+{id}+{}", base64.replacen("AY", "Co", 1)),
        format!("{name}+00000000+{base64}"),
        format!("{name}2+{id}+{base64}"),
        format!("{name}+{id}+AQ=="),
    ]
    .into_iter()
    .map(|text| text.parse::<VerifierKey>().unwrap_err().to_string())
    .collect();
    assert_eq!(
        said,
        [
            "not a key of the form name+id+base64",
            "not a key of the form name+id+base64",
            "not a key of the form name+id+base64",
            "\"\" cannot name a key",
            "\"log.example/1 x\" cannot name a key",
            "not a key of the form name+id+base64",
            "not a key of the form name+id+base64",
            "not a key of the form name+id+base64",
            "the key of log.example/1 is of an unknown algorithm",
            &format!("the key of log.example/1 has id {id}, not 00000000"),
            &format!(
                "the key of log.example/12 has id {:08x}, not {id}",
                Signer::from_seed("log.example/12", &[1; 32]).unwrap().verifier_key().id()
            ),
            "the key of log.example/1 is no valid public key",
        ]
    );
    assert!(!format!("{:?}", log_key()).contains(&hex::encode([1; 32])));
}

#[test]
fn checkpoints_round_trip_and_others_are_refused() {
    let root = Hash([9; 32]);
    let checkpoint = Checkpoint::new("log.example/1", 70_000, root).unwrap();
    let checkpoint = checkpoint.with_extension("anything").unwrap();
    let text = format!("log.example/1\n70000\n{}\nanything\n", root.to_base64());
    assert_eq!(checkpoint.to_text(), text);
    assert_eq!(Checkpoint::parse(&text).unwrap(), checkpoint);

    let base64 = root.to_base64();
    for (text, want) in [
        (format!("\n0\n{base64}\n"), CheckpointError::Origin),
        (format!("o\n00\n{base64}\n"), CheckpointError::Size),
        (format!("o\n-1\n{base64}\n"), CheckpointError::Size),
        (format!("o\n18446744073709551616\n{base64}\n"), CheckpointError::Size),
        (format!("o\n\n{base64}\n"), CheckpointError::Size),
        ("o\n".into(), CheckpointError::Size),
        ("o\n0\n".into(), CheckpointError::Root),
        (format!("o\n0\n{base64}"), CheckpointError::Root),
        (format!("o\n0\n{}\n", &base64[4..]), CheckpointError::Root),
        (format!("o\n0\n{base64}\n\n"), CheckpointError::Extension),
        (format!("o\n0\n{base64}\n\nx\n"), CheckpointError::Extension),
    ] {
        assert_eq!(Checkpoint::parse(&text), Err(want), "{text:?}");
    }
    assert!(Checkpoint::new("two\nlines", 0, root).is_err());
    assert!(checkpoint.with_extension("").is_err());
}

#[test]
fn a_log_s_checkpoint_is_believed_only_from_its_key_and_origin() {
    let signed = signed();
    let published = signed.to_string();
    assert_eq!(SignedCheckpoint::parse(published.as_bytes()).unwrap(), signed);
    let log = TrustedLog::of_key(log_key().verifier_key().clone());
    assert_eq!(log.verify(&signed).unwrap().len(), 1);

    let other = Signer::from_seed("log.example/2", &[2; 32]).unwrap();
    let by_other = SignedCheckpoint::sign(signed.checkpoint().clone(), &other);
    assert_eq!(log.verify(&by_other), Err(NoteError::NoKnownKey.into()));
    let other_log = TrustedLog::of_key(other.verifier_key().clone());
    assert!(matches!(other_log.verify(&signed), Err(CheckpointError::OtherOrigin { .. })));
    // A witness's key of the same name does not stand in for the log's.
    let as_witness = Cosigner::from_seed("log.example/1", &[1; 32]).unwrap();
    let log_by_witness = TrustedLog::of_key(as_witness.verifier_key().clone());
    assert_eq!(log_by_witness.verify(&signed), Err(NoteError::NoKnownKey.into()));
}

#[test]
fn k_of_n_witnesses_are_counted_once_each() {
    let mut signed = signed();
    let text = signed.note().text().to_owned();
    let cosign = |number, time_s| witness_key(number).cosign(&text, time_s).unwrap();
    let keys: Vec<VerifierKey> = (1..=3).map(|number| witness_key(number).verifier_key().clone()).collect();
    let two_of_three = WitnessPolicy::new(2, keys.clone()).unwrap();
    let too_few = |cosigned| PolicyError::TooFew { cosigned, threshold: 2, witnesses: 3 };

    assert_eq!(two_of_three.check(&signed), Err(too_few(0)));
    assert_eq!(WitnessPolicy::none().check(&signed), Ok(vec![]));
    signed.add(cosign(1, 1000));
    signed.add(cosign(1, 2000));
    signed.add(cosign(9, 1000));
    assert_eq!(two_of_three.check(&signed), Err(too_few(1)));
    signed.add(cosign(3, 3000));
    let checked = two_of_three.check(&signed).unwrap();
    let times: Vec<_> = checked.iter().map(|by| (by.name.as_str(), by.cosigned_at_s)).collect();
    assert_eq!(times, [("witness.example/1", Some(1000)), ("witness.example/3", Some(3000))]);
    // The same after it was published and read back.
    let read = SignedCheckpoint::parse(signed.to_string().as_bytes()).unwrap();
    assert_eq!(two_of_three.check(&read), Ok(checked));

    // A cosignature under another time than the one signed.
    let line = cosign(2, 1000);
    let mut bytes = line.signature().to_vec();
    bytes[7] ^= 1;
    let moved = [&line.key_id().to_be_bytes()[..], &bytes].concat();
    let moved = format!("— witness.example/2 {}", base64(&moved));
    signed.add(NoteSignature::parse_line(&moved).unwrap());
    let result = two_of_three.check(&signed);
    assert!(matches!(result, Err(PolicyError::Note(NoteError::FalseSignature { .. }))));

    assert!(matches!(WitnessPolicy::new(4, keys.clone()), Err(PolicyError::Threshold { .. })));
    let twice = vec![keys[0].clone(), keys[0].clone()];
    assert!(matches!(WitnessPolicy::new(1, twice), Err(PolicyError::Twice { .. })));
    let a_log = vec![log_key().verifier_key().clone()];
    assert!(matches!(WitnessPolicy::new(1, a_log), Err(PolicyError::NotCosigner { .. })));
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
