//! A log and its witness, request by request, and the proof file that comes out of it.
#![expect(clippy::unwrap_used, reason = "a fixture that fails fails its test")]

mod common;

use common::{leaf_hashes, source};
use tlog::{
    AddCheckpoint, Checkpoint, Cosigner, Hash, LogProof, ProofFileError, Sha256Tree, SignedCheckpoint,
    Signer, Tree, TreeHasher, TreeHead, TrustedLog, Witness, WitnessPolicy,
    note::NoteError,
    witness::{conflict_size, cosignature_lines, parse_cosignatures},
};

const ORIGIN: &str = "log.example/1";

fn log_key() -> Signer {
    Signer::from_seed(ORIGIN, &[1; 32]).unwrap()
}

fn witness() -> Witness<Sha256Tree> {
    let cosigner = Cosigner::from_seed("witness.example/court", &[50; 32]).unwrap();
    let log = TrustedLog::of_key(log_key().verifier_key().clone());
    Witness::new(Sha256Tree, cosigner, [log])
}

/// A log of `size` leaves out of one fixed history.
fn tree(size: usize) -> Tree<Sha256Tree> {
    let mut tree = Tree::new(Sha256Tree);
    tree.append(&leaf_hashes(size));
    tree
}

fn checkpoint(size: usize) -> SignedCheckpoint {
    signed_head(size as u64, tree(size).root())
}

fn signed_head(size: u64, root: Hash) -> SignedCheckpoint {
    SignedCheckpoint::sign(Checkpoint::new(ORIGIN, size, root).unwrap(), &log_key())
}

fn head(size: usize) -> Option<TreeHead> {
    Some(TreeHead { size: size as u64, root: tree(size).root() })
}

fn proof(old: usize, new: usize) -> Vec<Hash> {
    let leaves = leaf_hashes(new);
    tree(new).consistency(old as u64, new as u64, &source(&leaves)).unwrap()
}

/// What the witness answers: `200`, or status and sentence.
fn answer(body: &str, last: Option<TreeHead>) -> String {
    let witness = witness();
    let judged = witness.open(body.as_bytes()).and_then(|opened| {
        assert_eq!(opened.origin(), ORIGIN);
        opened.judge(last)
    });
    match judged {
        Ok(accepted) => format!("200 {}", accepted.head().size),
        Err(refusal) => format!("{} {}", refusal.status(), refusal.body().trim_end()),
    }
}

#[test]
fn requests_are_decided_as_the_specification_says() {
    let request = |old: u64, proof: Vec<Hash>, signed: SignedCheckpoint| {
        AddCheckpoint::new(old, proof, signed).unwrap().to_string()
    };
    let empty = Sha256Tree.empty_root();
    let other_root = Hash([3; 32]);
    let by_other_key = SignedCheckpoint::sign(
        checkpoint(30).checkpoint().clone(),
        &Signer::from_seed(ORIGIN, &[2; 32]).unwrap(),
    );
    let of_other_log =
        SignedCheckpoint::sign(Checkpoint::new("log.example/2", 30, other_root).unwrap(), &log_key());
    let falsely_signed = checkpoint(30).to_string().replacen("\n30\n", "\n31\n", 1);
    let falsely_signed = SignedCheckpoint::parse(falsely_signed.as_bytes()).unwrap();
    let key_id = log_key().verifier_key().id();

    #[rustfmt::skip]
    let table = [
        // what is sent                                            last   answer
        (request(0, vec![], checkpoint(20)),                       None,     "200 20"),
        (request(0, vec![], signed_head(0, empty)),                None,     "200 0"),
        (request(0, vec![], checkpoint(20)),                       head(0),  "200 20"),
        (request(20, proof(20, 30), checkpoint(30)),               head(20), "200 30"),
        (request(16, proof(16, 30), checkpoint(30)),               head(16), "200 30"),
        (request(20, vec![], checkpoint(20)),                      head(20), "200 20"),

        (request(0, vec![], checkpoint(20)),                       head(20), "409 20"),
        (request(20, proof(20, 30), checkpoint(30)),               None,     "409 0"),
        (request(20, proof(20, 30), checkpoint(30)),               head(25), "409 25"),
        (request(31, vec![], checkpoint(30)),                      head(31), "400 the old size 31 exceeds the checkpoint's size 30"),

        (request(0, vec![], signed_head(0, other_root)),           None,     "422 the empty tree has another root than the checkpoint's"),
        (request(0, proof(20, 30), checkpoint(30)),                None,     "422 a proof from the empty tree has no hashes"),
        (request(20, vec![], checkpoint(30)),                      head(20), "422 not consistent with the last checkpoint cosigned: the proof has 0 hashes where the sizes demand 4"),
        (request(20, proof(20, 30), signed_head(30, other_root)),  head(20), &format!("422 not consistent with the last checkpoint cosigned: the proof leads to new root {}, not to {other_root}", tree(30).root())),
        (request(20, vec![], signed_head(20, other_root)),         head(20), &format!("422 not consistent with the last checkpoint cosigned: two roots for the same size 20: {} and {other_root}", tree(20).root())),
        (request(20, vec![other_root], checkpoint(20)),            head(20), "422 not consistent with the last checkpoint cosigned: the proof has 1 hashes where the sizes demand 0"),

        (request(0, vec![], of_other_log),                         None,     "404 the log \"log.example/2\" is not known here"),
        (request(0, vec![], by_other_key),                         None,     "403 no signature by a known key"),
        (request(0, vec![], falsely_signed),                       None,     &format!("403 the signature by log.example/1 ({key_id:08x}) is false")),

        (String::new(),                                            None,     "400 the request is not text with a blank line before the checkpoint"),
        (format!("old 00\n\n{}", checkpoint(20)),                  None,     "400 the request does not begin with `old` and a size"),
        (format!("\n\n{}", checkpoint(20)),                        None,     "400 the request does not begin with `old` and a size"),
        (format!("old 20\nx\n\n{}", checkpoint(20)),               None,     "400 proof line 1 is not the base64 of 32 bytes"),
        (format!("old 20\n{}\n{}", "x\n".repeat(63), checkpoint(20)), None,  "400 proof line 1 is not the base64 of 32 bytes"),
        (format!("old 20\n{}\n{}", format!("{}\n", other_root.to_base64()).repeat(64), checkpoint(20)), None, "400 the proof has more than 63 hashes"),
        ("old 0\n\nlog.example/1\n".to_owned(),                     None,     "400 the note lacks its text, the blank line before its signatures or its last newline"),
    ];
    for (body, last, want) in table {
        assert_eq!(answer(&body, last), want, "{body}");
    }
}

#[test]
fn requests_read_back_as_they_were_sent() {
    let sent = AddCheckpoint::new(20, proof(20, 30), checkpoint(30)).unwrap();
    let body = sent.to_string();
    let read = AddCheckpoint::parse(body.as_bytes()).unwrap();
    assert_eq!(read, sent);
    assert_eq!(read.to_string(), body);
    assert!(AddCheckpoint::new(20, vec![Hash([0; 32]); 64], checkpoint(30)).is_err());
}

#[test]
fn what_parses_has_one_spelling() {
    let body = AddCheckpoint::new(20, proof(20, 30), checkpoint(30)).unwrap().to_string();
    let mut parsed = 0;
    for at in 0..body.len() {
        for change in [1, 2, 16, 32, 128] {
            let mut changed = body.clone().into_bytes();
            changed[at] ^= change;
            if let Ok(read) = AddCheckpoint::parse(&changed) {
                assert_eq!(read.to_string().as_bytes(), changed, "byte {at} changed by {change}");
                parsed += 1;
            }
        }
    }
    assert!(parsed > 100, "most changes within a hash still parse");
}

#[test]
fn the_answer_s_lines_make_the_checkpoint_witnessed() {
    let witness = witness();
    let policy = WitnessPolicy::new(1, vec![witness.verifier_key().clone()]).unwrap();
    let body = AddCheckpoint::new(0, vec![], checkpoint(300)).unwrap().to_string();
    let accepted = witness.open(body.as_bytes()).unwrap().judge(None).unwrap();
    assert_eq!(Some(accepted.head()), head(300));
    assert!(accepted.cosign(0).is_err(), "a cosignature needs a time");
    let answer = cosignature_lines(&[accepted.cosign(1_764_000_000).unwrap()]);

    let mut signed = checkpoint(300);
    assert!(policy.check(&signed).is_err());
    for line in parse_cosignatures(&answer).unwrap() {
        signed.add(line);
    }
    assert_eq!(policy.check(&signed).unwrap()[0].cosigned_at_s, Some(1_764_000_000));

    for malformed in ["", "\n", answer.trim_end(), "— name\n", &format!("{answer}\n")] {
        assert_eq!(parse_cosignatures(malformed), None, "{malformed:?}");
    }
    assert_eq!(conflict_size("300\n"), Some(300));
    assert_eq!(conflict_size("300"), None);
}

fn entry(index: u64) -> Vec<u8> {
    format!("entry {index}").into_bytes()
}

/// A log of 1000 entries, cosigned, and the proof of one of them.
fn proof_of(index: u64) -> (LogProof, TrustedLog, WitnessPolicy) {
    let leaves: Vec<Hash> = (0..1000).map(|i| Sha256Tree.leaf(&entry(i))).collect();
    let mut tree = Tree::new(Sha256Tree);
    tree.append(&leaves);
    let witness = witness();
    let body = AddCheckpoint::new(0, vec![], signed_head(1000, tree.root())).unwrap().to_string();
    let accepted = witness.open(body.as_bytes()).unwrap().judge(None).unwrap();
    let mut checkpoint = accepted.signed().clone();
    checkpoint.add(accepted.cosign(1_764_000_000).unwrap());
    let proof = LogProof {
        extra: b"openings".to_vec(),
        index,
        path: tree.inclusion(index, 1000, &source(&leaves)).unwrap(),
        checkpoint,
    };
    let log = TrustedLog::of_key(log_key().verifier_key().clone());
    let policy = WitnessPolicy::new(1, vec![witness.verifier_key().clone()]).unwrap();
    (proof, log, policy)
}

#[test]
fn a_proof_file_is_checked_offline() {
    let (proof, log, policy) = proof_of(421);
    let file = proof.to_string();
    assert!(file.starts_with("c2sp.org/tlog-proof@v1\nextra b3BlbmluZ3M=\nindex 421\n"));
    let read = LogProof::parse(file.as_bytes()).unwrap();
    assert_eq!(read, proof);
    assert_eq!(read.to_string(), file);
    let logs = [log];
    let proven = read.verify(Sha256Tree, &entry(421), &logs, &policy).unwrap();
    assert_eq!(proven.signed_by[0].name, ORIGIN);
    assert_eq!(proven.cosigned_by[0].cosigned_at_s, Some(1_764_000_000));

    use ProofFileError as E;
    let check = |proof: &LogProof, entry: &[u8]| proof.verify(Sha256Tree, entry, &logs, &policy);
    assert!(matches!(check(&read, b"another entry"), Err(E::Inclusion(_))));
    let mut moved = read.clone();
    moved.index = 420;
    assert!(matches!(check(&moved, &entry(421)), Err(E::Inclusion(_))));
    let unwitnessed =
        LogProof { checkpoint: signed_head(1000, *read.checkpoint.checkpoint().root()), ..read.clone() };
    assert!(matches!(check(&unwitnessed, &entry(421)), Err(E::Policy(_))));
    let by_nobody = read.verify(Sha256Tree, &entry(421), &[], &policy);
    assert!(matches!(by_nobody, Err(E::UnknownOrigin { .. })));
    let resized = file.replacen("\n1000\n", "\n1001\n", 1);
    let resized = LogProof::parse(resized.as_bytes()).unwrap();
    assert_eq!(
        check(&resized, &entry(421)).unwrap_err().to_string(),
        NoteError::FalseSignature { name: ORIGIN.into(), key_id: log_key().verifier_key().id() }.to_string()
    );
}

#[test]
fn every_changed_byte_of_a_proof_file_is_noticed() {
    let (proof, log, policy) = proof_of(7);
    let proof = LogProof { extra: Vec::new(), ..proof };
    let file = proof.to_string().into_bytes();
    let logs = [log];
    let holds = |bytes: &[u8]| {
        LogProof::parse(bytes).is_ok_and(|proof| {
            assert_eq!(proof.to_string().as_bytes(), bytes, "two spellings of one proof");
            proof.verify(Sha256Tree, &entry(7), &logs, &policy).is_ok()
        })
    };
    assert!(holds(&file));
    for at in 0..file.len() {
        for change in [1, 2, 32, 128] {
            let mut changed = file.clone();
            changed[at] ^= change;
            assert!(!holds(&changed), "byte {at} changed by {change}");
        }
        assert!(!holds(&file[..at]), "cut at {at}");
    }
}

#[test]
fn malformed_proof_files_are_refused_by_name() {
    use ProofFileError as E;
    let signed = checkpoint(1);
    let header = "c2sp.org/tlog-proof@v1";
    let hash = Hash([1; 32]).to_base64();
    for (file, want) in [
        (String::new(), E::Structure),
        (format!("{header}\nindex 0\n"), E::Structure),
        (format!("c2sp.org/tlog-proof@v2\nindex 0\n\n{signed}"), E::Header),
        (format!("{header}\n\n{signed}"), E::Index),
        (format!("{header}\nindex 00\n\n{signed}"), E::Index),
        (format!("{header}\nindex 0\nextra AA==\n\n{signed}"), E::PathLine { line: 1 }),
        (format!("{header}\nextra \nindex 0\n\n{signed}"), E::Extra),
        (format!("{header}\nextra AA\nindex 0\n\n{signed}"), E::Extra),
        (format!("{header}\nextra AA==\nextra AA==\nindex 0\n\n{signed}"), E::Index),
        (format!("{header}\nindex 0\n{hash}\n{}\n\n{signed}", &hash[1..]), E::PathLine { line: 2 }),
        (format!("{header}\nindex 0\n{}\n{signed}", format!("{hash}\n").repeat(65)), E::PathTooLong),
    ] {
        assert_eq!(LogProof::parse(file.as_bytes()), Err(want), "{file}");
    }
    let minimal = format!("{header}\nindex 0\n\n{signed}");
    assert!(LogProof::parse(minimal.as_bytes()).is_ok());
}
