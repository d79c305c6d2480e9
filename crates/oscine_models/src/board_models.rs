//! Targets of parameters: nothing that was asked for last is lost, and nothing comes out of order.

use loom::thread;
use std::sync::Arc;

use crate::board::Board;

/// What the audio side has taken, by parameter.
struct Reader {
    board: Arc<Board>,
    seen: u64,
    last: [f64; 2],
}

impl Reader {
    fn new(board: &Arc<Board>) -> Self {
        Self { board: board.clone(), seen: 0, last: [0.0; 2] }
    }

    /// A block begins.
    fn look(&mut self) {
        let last = &mut self.last;
        self.board.take(&mut self.seen, |id, value| last[id] = value);
    }
}

/// Each of two threads moves a parameter of its own while blocks begin; the first moves it twice.
pub fn the_last_target_of_each_writer_arrives() {
    loom::model(|| {
        let board = Arc::new(Board::new(2));
        let (first, second) = (board.clone(), board.clone());
        let writers = [
            thread::spawn(move || {
                first.want(0, 1.0);
                first.want(0, 2.0);
            }),
            thread::spawn(move || second.want(1, 3.0)),
        ];
        let mut reader = Reader::new(&board);
        reader.look();
        let on_the_way = reader.last;
        assert!([0.0, 1.0, 2.0].contains(&on_the_way[0]) && [0.0, 3.0].contains(&on_the_way[1]));
        for writer in writers {
            writer.join().expect("a writer ends");
        }
        let mut taken = vec![];
        board.take(&mut reader.seen, |id, value| taken.push((id, value)));
        for (id, value) in taken {
            assert!(value >= reader.last[id], "{value} after {}", reader.last[id]);
            reader.last[id] = value;
        }
        assert_eq!(reader.last, [2.0, 3.0]);
    });
}

/// Two threads move one parameter: once both are done, the reader has one of the two values, and nothing more comes.
pub fn two_writers_of_one_target() {
    loom::model(|| {
        let board = Arc::new(Board::new(1));
        let writers = [1.0, 2.0].map(|value| {
            let board = board.clone();
            thread::spawn(move || board.want(0, value))
        });
        let mut reader = Reader::new(&board);
        reader.look();
        for writer in writers {
            writer.join().expect("a writer ends");
        }
        reader.look();
        assert!([1.0, 2.0].contains(&reader.last[0]), "{}", reader.last[0]);
        board.take(&mut reader.seen, |_, value| panic!("{value} is taken twice"));
    });
}

/// What the processor has is told by one thread and read by another, which never sees it go back.
pub fn a_read_back_never_goes_back() {
    loom::model(|| {
        let board = Arc::new(Board::new(1));
        let audio = board.clone();
        let telling = thread::spawn(move || [1.0, 2.0].map(|value| audio.show(0, value)));
        let (before, after) = (board.present(0), board.present(0));
        assert!(before <= after, "{before} {after}");
        telling.join().expect("the audio side ends");
        assert_eq!(board.present(0), 2.0);
    });
}
