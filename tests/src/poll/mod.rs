//! Systems read over HTTP: every kind of paging and of credentials, broken answers, and a hub that is killed meanwhile.

mod faults;
mod killed;
mod manage;
mod readings;
mod support;
mod thin;
