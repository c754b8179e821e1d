"""Every word of the SOP that people read, in Indonesian."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from workflow.area_codes import System
from workflow.findings import Finding, Principle, Severity
from workflow.sop import Role, Status

STATUSES: dict[Status, str] = {
    Status.DRAFT: "Konsep",
    Status.SUBMITTED: "Diajukan",
    Status.RETURNED: "Dikembalikan",
    Status.VERIFIED: "Terverifikasi",
    Status.APPROVED: "Disetujui",
    Status.PUBLISHED: "Tersebarluaskan",
    Status.SUPERSEDED: "Digantikan",
    Status.WITHDRAWN: "Ditarik",
}

ROLES: dict[Role, str] = {
    Role.PRODUSEN_DATA: "Produsen Data",
    Role.WALIDATA: "Walidata",
    Role.PEMBINA_DATA: "Pembina Data",
    Role.ADMIN: "Admin",
}

STEPS: dict[str, str] = {
    "submit": "Kirim ke Walidata",
    "verify": "Nyatakan terverifikasi",
    "approve": "Setujui",
    "publish": "Sebarluaskan",
    "return": "Kembalikan",
    "approve_on_paper": "Catat pengesahan di atas kertas",
    "recall": "Tarik kembali untuk diubah",
    "schedule": "Jadwalkan penyebarluasan",
    "withdraw": "Tarik dari penyebarluasan",
    "restore": "Berlakukan lagi rilis ini",
    "supersede": "Digantikan rilis lain",
}

HAPPENED: dict[str, str] = {
    "submit": "Diajukan ke Walidata",
    "verify": "Dinyatakan terverifikasi",
    "approve": "Disetujui Pembina Data",
    "publish": "Disebarluaskan",
    "return": "Dikembalikan",
    "approve_on_paper": "Disahkan di atas kertas",
    "recall": "Ditarik kembali oleh Produsen Data",
    "schedule": "Penyebarluasan dijadwalkan",
    "withdraw": "Ditarik dari penyebarluasan",
    "restore": "Diberlakukan lagi",
    "supersede": "Digantikan rilis lain",
}

REASONS: dict[str, str] = {
    "candidate_built": "Berkas belum selesai dibaca dan diperiksa.",
    "berita_acara_attached": "Berita Acara pemeriksaan data belum dilampirkan.",
    "metadata_complete": "Metadata belum lengkap: {missing}.",
    "no_blocking_finding": "Masih ada {blocks} temuan yang menghalangi; perbaiki dahulu.",
    "warnings_waived": "Masih ada {warns} peringatan yang belum dikesampingkan dengan alasan.",
    "not_the_submitter": "Yang mengajukan data tidak boleh memeriksa atau menyetujuinya.",
    "not_the_verifier": "Yang memverifikasi data tidak boleh menyetujuinya.",
    "pembina_of_this_kind": "Data jenis ini disahkan oleh Pembina Data yang lain.",
    "content_unchanged": "Isi data sudah berubah sejak Anda membukanya; muat ulang halaman ini.",
    "access_is_terbuka": "Hanya data berakses terbuka yang dapat disebarluaskan.",
    "embargo_over": "Data ini dijadwalkan terbit kemudian.",
    "moment_in_the_future": "Tentukan waktu terbit yang akan datang.",
    "reason_given": "Tuliskan alasannya.",
    "scan_attached": "Lampirkan pindaian lembar pengesahan yang ditandatangani.",
    "probe_answered": "Rilis percobaan tidak menjawab dengan benar, jadi belum disebarluaskan.",
}

METADATA_FIELDS: dict[str, str] = {
    "title": "judul",
    "abstract": "abstrak",
    "kind": "jenis data",
    "topic": "tema",
    "keywords": "kata kunci",
    "license": "lisensi",
    "period": "periode",
    "update_frequency": "frekuensi pemutakhiran",
    "lineage": "riwayat data",
    "scale": "skala",
    "access": "akses",
    "contact": "kontak",
    "crs": "sistem koordinat",
    "key": "kolom kunci",
    "concept": "konsep",
    "definition": "definisi",
    "measure": "ukuran",
    "unit": "satuan",
}

PRINCIPLES: dict[Principle, str] = {
    Principle.STANDAR_DATA: "Standar Data",
    Principle.METADATA: "Metadata",
    Principle.INTEROPERABILITAS: "Interoperabilitas",
    Principle.KODE_REFERENSI: "Kode Referensi",
}

SEVERITIES: dict[Severity, str] = {
    Severity.BLOCKS: "Menghalangi",
    Severity.WARNS: "Peringatan",
    Severity.INFORMS: "Keterangan",
}


SYSTEMS: dict[System, str] = {System.KEMENDAGRI: "Kemendagri", System.BPS: "BPS"}


class Said(NamedTuple):
    """What is wrong (a template), why it matters, how to mend it; `hint` is added where there is a suggestion."""

    sentence: str
    why: str
    mend: str
    hint: str = ""


CHECKS: dict[str, Said] = {
    "NUMBER_AS_TEXT": Said(
        "Kolom {column} berisi {count} angka yang tersimpan sebagai teks: “{value}” dibaca {reading}.",
        "Angka yang tersimpan sebagai teks tidak dapat dijumlah, diurutkan, atau digambar.",
        "Ubah kolom itu menjadi kolom angka di berkas asal, atau tentukan tanda desimal dan ribuan pada halaman Baca.",
    ),
    "NUMBER_DEVIATES": Said(
        "Kolom {column} baris {row}: “{value}” ditulis lain dari isi kolom itu; dibaca {reading}.",
        "Titik dan koma yang bercampur adalah kesalahan diam-diam yang paling sering: nilainya keliru seribu kali.",
        "Tulis semua angka kolom itu dengan cara yang sama.",
    ),
    "NIK": Said(
        "Kolom {column} baris {row} memuat nomor induk kependudukan (NIK): {masked}.",
        "NIK mengenali satu orang; data pribadi tidak boleh disebarluaskan (UU 27/2022).",
        "Hapus kolom itu, atau ganti data per orang dengan jumlah per wilayah.",
    ),
    "PHONE": Said(
        "Kolom {column} baris {row} memuat nomor telepon seluler: {masked}.",
        "Nomor telepon seluler mengenali satu orang; data pribadi tidak boleh disebarluaskan (UU 27/2022).",
        "Hapus nomor itu; cantumkan kontak kantor pada metadata.",
    ),
    "EMAIL": Said(
        "Kolom {column} baris {row} memuat alamat surel: {masked}.",
        "Alamat surel seseorang adalah data pribadi; alamat surel kantor boleh.",
        "Hapus alamat pribadi. Jika ini alamat kantor, Walidata dapat mengesampingkan peringatan dengan alasan itu.",
    ),
    "METADATA_MISSING": Said(
        "Metadata “{field}” belum diisi.",
        "Tanpa metadata yang lengkap orang tidak tahu apa isi data, dari kapan, dan siapa yang bertanggung jawab.",
        "Isi bagian itu pada halaman metadata.",
    ),
    "BERITA_ACARA_MISSING": Said(
        "Berita Acara pemeriksaan data belum dilampirkan.",
        "Langkah pertama SOP mensyaratkan Berita Acara: ia bukti bahwa data sudah diperiksa di perangkat daerah.",
        "Unggah Berita Acara yang sudah ditandatangani (PDF atau gambar) beserta nomor dan tanggalnya.",
    ),
    "EMPTY": Said(
        "Berkas tidak memuat satu baris pun.",
        "Data yang kosong tidak dapat disebarluaskan.",
        "Periksa apakah lapis atau lembar yang benar yang dipilih, lalu unggah lagi.",
    ),
    "GEOM_ABSENT": Said(
        "Data geospasial ini tidak mempunyai geometri.",
        "Tanpa titik, garis, atau area, data tidak dapat digambar sebagai peta.",
        "Unggah berkas petanya, atau ubah jenis data menjadi statistik.",
    ),
    "CRS_MISSING": Said(
        "Berkas tidak menyebutkan sistem koordinatnya.",
        "Sistem koordinat yang dikira-kira dapat menggeser peta sampai ke laut, dan tidak ada yang melihatnya.",
        "Pilih sistem koordinat yang benar; tiga pilihan digambar di atas peta kota untuk dibandingkan.",
    ),
    "COORD_NONFINITE": Said(
        "Fitur {row} mempunyai koordinat yang bukan bilangan (NaN atau tak hingga).",
        "Koordinat seperti itu tidak dapat digambar dan merusak keluaran JSON.",
        "Perbaiki atau hapus fitur itu di berkas asal.",
    ),
    "COORD_SWAPPED": Said(
        "Bujur dan lintang tampaknya tertukar: jika ditukar, data jatuh di {city}.",
        "GeoJSON menulis bujur dahulu, lalu lintang; beberapa aplikasi menulis sebaliknya.",
        "Tukar kedua sumbu di berkas asal, lalu unggah lagi.",
    ),
    "ELSEWHERE": Said(
        "{percent} % data terletak di luar {city}: hampir pasti sistem koordinatnya keliru atau ini data daerah lain.",
        "Peta yang jatuh di tempat lain menyesatkan siapa pun yang memakainya.",
        "Periksa sistem koordinat yang dipilih dan berkas yang diunggah.",
    ),
    "OUTSIDE_CITY": Said(
        "{count} fitur ({percent} %) terletak di luar {city}: fitur {rows}.",
        "Kota Pekalongan mudah tertukar dengan Kabupaten Pekalongan, yang mempunyai nama kecamatan serupa.",
        "Hapus yang bukan wilayah kota, atau jelaskan mengapa disertakan.",
    ),
    "GEOM_INVALID": Said(
        "Geometri fitur {row} tidak sah: {reason}.",
        "Luas, irisan, dan pencarian wilayah menjadi salah pada geometri yang tidak sah.",
        "Perbaiki di tempat yang ditandai, misalnya dengan “Fix geometries” di QGIS, lalu unggah lagi.",
    ),
    "GEOM_MIXED": Said(
        "Jenis geometri bercampur dalam satu lapis: {families}.",
        "Banyak aplikasi hanya dapat membuka satu jenis geometri dalam satu koleksi.",
        "Pisahkan titik, garis, dan area menjadi data masing-masing.",
    ),
    "GEOM_NULL": Said(
        "Fitur {row} tidak mempunyai geometri.",
        "Baris itu ada di tabel tetapi tidak tampak di peta.",
        "Lengkapi geometrinya, atau jelaskan mengapa kosong.",
    ),
    "KEY_UNKNOWN": Said(
        "Kolom kunci “{key}” tidak ada di berkas.",
        "Kunci membuat satu fitur dikenali dari satu rilis ke rilis berikutnya.",
        "Pilih kolom kunci dari kolom yang ada.",
    ),
    "KEY_NULL": Said(
        "Kolom kunci {column} kosong pada baris {row}.",
        "Baris tanpa kunci tidak dapat diacu atau dibandingkan dengan rilis berikutnya.",
        "Isi kunci pada setiap baris.",
    ),
    "KEY_DUPLICATE": Said(
        "Kolom kunci {column} baris {row}: “{value}” sudah dipakai pada baris {first}.",
        "Kunci yang ganda membuat dua baris tidak dapat dibedakan.",
        "Beri setiap baris kunci yang berbeda, atau pilih kolom lain sebagai kunci.",
    ),
    "KEY_ABSENT": Said(
        "Tidak ada kolom kunci; setiap baris diberi nomor urut sebagai pengenal.",
        "Nomor urut dapat berubah pada rilis berikutnya, sehingga tautan ke satu fitur tidak tetap.",
        "Jika ada kolom yang mengenali setiap baris, pilih itu sebagai kolom kunci.",
    ),
    "AREA_CODE_UNKNOWN": Said(
        "Kolom {column}: “{value}” bukan kode kecamatan atau kelurahan kota ini ({count} baris, pertama baris {row}).",
        "Kode wilayah menghubungkan data dengan peta dan dengan data perangkat daerah lain.",
        "Pakai kode Kemendagri (33.75.01.1002) atau BPS (3375010004) dari daftar Kode Referensi.",
        " Mungkin maksud Anda {suggestion} ({meant})?",
    ),
    "AREA_CODE_NAME": Said(
        "Kolom {column} baris {row}: kode {value} adalah {known}, tetapi tertulis “{name}”.",
        "Salah satu dari keduanya keliru. Awas: 33.75.03 adalah Utara, sedangkan kode BPS 3375030 adalah Selatan.",
        "Periksa mana yang benar, kode atau namanya, lalu perbaiki.",
        " Mungkin maksud Anda {suggestion} ({meant})?",
    ),
    "AREA_NAME_UNKNOWN": Said(
        "Kolom {column}: “{value}” bukan nama {level} di kota ini ({count} baris, pertama baris {row}).",
        "Tanpa kode, nama adalah satu-satunya penghubung dengan peta; nama yang lain tidak terhubung.",
        "Tulis nama sesuai daftar Kode Referensi, tambahkan kolom kode, dan hapus baris jumlah.",
        " Mungkin maksud Anda {suggestion}?",
    ),
    "AREA_CODE_MIXED": Said(
        "Kolom {column} mencampur dua sistem kode: {systems}.",
        "Kode Kemendagri dan BPS mirip tetapi menunjuk wilayah yang berbeda.",
        "Pakai satu sistem kode dalam satu kolom.",
    ),
    "AREA_PARENT": Said(
        "Kolom {column} baris {row}: {name} terletak di {right}, tetapi tertulis {given}.",
        "Jumlah per kecamatan menjadi keliru bila kelurahannya tercatat di kecamatan lain.",
        "Perbaiki nama atau kode kecamatannya.",
    ),
    "AREA_INCOMPLETE": Said(
        "{count} dari {total} {level} tidak ada ({period}): {missing}.",
        "Wilayah yang tidak disebut tampak sebagai kosong, padahal mungkin nol atau belum dihitung.",
        "Lengkapi, atau jelaskan mengapa wilayah itu tidak disertakan.",
    ),
    # What reading a file remarks.
    "CRS_KEPT": Said(
        "Berkas menyebutkan sistem koordinat {crs}; pilihan {given} tidak dipakai.",
        "Yang tertulis di dalam berkas didahulukan: mengganti namanya saja akan menggeser peta.",
        "Jika berkasnya yang keliru, perbaiki di berkas asal; jika tidak, hapus pilihan itu.",
    ),
    "ENC_GUESSED": Said(
        "Berkas tidak menyebutkan pengodean teksnya; dibaca sebagai {encoding}, misalnya “{sample}”.",
        "Pengodean yang keliru mengubah huruf: “Café” menjadi “CafÃ©”.",
        "Periksa pratinjau; jika ada huruf aneh, pilih pengodean lain.",
    ),
    "FIELD_RENAMED": Said(
        "Kolom “{old}” diberi nama {new}.",
        "Nama kolom di API hanya huruf kecil, angka, dan garis bawah, dan tidak boleh sama; nama asal tetap tampil.",
        "Tidak perlu apa-apa, kecuali nama baru itu sulit dipahami.",
    ),
    "ZIP_EXTRA": Said(
        "Berkas lain di dalam arsip diabaikan: {files}.",
        "Hanya berkas data yang dibaca.",
        "Tidak perlu apa-apa jika berkas itu memang bukan data.",
    ),
    "FIELD_DROPPED": Said(
        "Kolom “{label}” berjenis {type}, yang tidak dapat disimpan, jadi tidak disertakan.",
        "API hanya membawa teks, angka, benar/salah, tanggal, dan waktu.",
        "Ubah kolom itu menjadi teks atau angka di berkas asal bila isinya perlu.",
    ),
    "GEOM_ZM": Said(
        "Geometri mempunyai nilai tambahan; {dropped} tidak disimpan.",
        "Peta disebarluaskan dalam dua dimensi, yang dibaca semua aplikasi.",
        "Jika nilai itu penting, simpan sebagai kolom.",
    ),
    "FIELD_DROPPED": Said(
        "Kolom “{label}” tidak dibaca karena isinya bukan teks, angka, atau tanggal.",
        "Gambar dan berkas di dalam kolom tidak dapat disajikan.",
        "Tidak perlu apa-apa, kecuali isi kolom itu penting; simpan sebagai teks.",
    ),
    "CRS_KEPT": Said(
        "Berkas menyatakan sistem koordinat {crs}; pilihan {given} tidak dipakai.",
        "Yang tertulis di dalam berkas didahulukan.",
        "Jika yang tertulis di berkas keliru, perbaiki berkasnya lalu unggah lagi.",
    ),
    "HTML_IN_TEXT": Said(
        "Kolom {column} memuat kode HTML di {count} sel; ditampilkan sebagai teks biasa.",
        "Kode HTML di dalam data dapat menyerang orang yang membukanya, jadi tidak pernah dijalankan.",
        "Hapus kode HTML dari isi kolom.",
    ),
    "FORMULA": Said(
        "{count} nilai berawal seperti rumus atau berupa rumus tanpa hasil, pertama di baris {row}.",
        "Rumus yang terbuka di lembar kerja orang lain dapat menjalankan perintah; pada unduhan ia dinetralkan.",
        "Simpan sebagai nilai (Tempel Khusus → Nilai).",
    ),
    "CSV_DIALECT": Said(
        "Dibaca dengan pemisah “{delimiter}”, desimal “{decimal}”, pengodean {encoding}.",
        "Tanda yang keliru mengubah nilai seribu kali.",
        "Periksa pratinjau; ubah pada halaman Baca bila keliru.",
    ),
    "GPKG_CODE": Said(
        "Pemicu atau tampilan di dalam GeoPackage diabaikan ({names}); hanya isi tabel yang disalin.",
        "Berkas data tidak boleh menjalankan perintah di server.",
        "Tidak perlu apa-apa.",
    ),
    "LAYER_CHOICE": Said(
        "Berkas memuat beberapa lapis; yang dibaca adalah {layer}.",
        "Satu pengajuan berisi satu data.",
        "Pilih lapis yang hendak disebarluaskan; ajukan yang lain tersendiri.",
    ),
    "REMOTE_REF_IGNORED": Said(
        "Tautan ke tempat lain di dalam berkas diabaikan.",
        "Hanya data yang ada di dalam berkas yang dapat diperiksa dan disahkan.",
        "Masukkan datanya ke dalam berkas itu sendiri.",
    ),
}


class _Blank(dict[str, object]):
    """A remark may lack a parameter; its sentence is still said."""

    def __missing__(self, key: str) -> str:
        return "…"


def sentence(finding: Finding) -> str:
    """What a finding says, in one Indonesian sentence."""
    if "more" in finding.params:
        return f"… dan {angka(finding.params['more'])} lainnya dengan temuan yang sama."
    said = CHECKS.get(finding.check)
    if said is None:
        return " ".join(str(value) for value in finding.params.values()) or finding.check
    values = {name: angka(value) if isinstance(value, int | float) else value for name, value in finding.params.items()}
    template = said.sentence + (said.hint if finding.suggestion else "")
    known = {"row": finding.row, "column": finding.column, "suggestion": finding.suggestion} | values
    return template.format_map(_Blank({name: value for name, value in known.items() if value is not None}))


def why(code: str) -> str:
    return CHECKS[code].why if code in CHECKS else ""


def mend(code: str) -> str:
    return CHECKS[code].mend if code in CHECKS else ""


MONTHS = (
    "Januari",
    "Februari",
    "Maret",
    "April",
    "Mei",
    "Juni",
    "Juli",
    "Agustus",
    "September",
    "Oktober",
    "November",
    "Desember",
)
DAYS = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")


def tanggal(day: date) -> str:
    """26 Maret 2026"""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def hari_tanggal(day: date) -> str:
    """Kamis, 26 Maret 2026"""
    return f"{DAYS[day.weekday()]}, {tanggal(day)}"


_SMALL = ("nol", "satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan", "sepuluh", "sebelas")
_GREAT = ((10**12, "triliun"), (10**9, "miliar"), (10**6, "juta"), (1000, "ribu"), (100, "ratus"), (10, "puluh"))


def terbilang(number: int) -> str:
    """1.250 is "seribu dua ratus lima puluh". Raises ValueError below nought and from a thousand trillion on."""
    if not 0 <= number < 10**15:
        raise ValueError("a number to be spelled lies between 0 and 999,999,999,999,999")
    if number < 12:
        return _SMALL[number]
    if number < 20:
        return f"{_SMALL[number - 10]} belas"
    size, word = next((size, word) for size, word in _GREAT if number >= size)
    many, rest = divmod(number, size)
    said = f"se{word}" if many == 1 and size in (100, 1000) else f"{terbilang(many)} {word}"
    return f"{said} {terbilang(rest)}" if rest else said


def angka(number: object) -> str:
    """1.234,5"""
    if isinstance(number, bool) or not isinstance(number, int | float):
        return str(number)
    if isinstance(number, float) and number.is_integer():
        number = int(number)
    return f"{number:,}".translate(str.maketrans(",.", ".,"))


# Why a statistical dataset has a table and no map.
WITHOUT_MAP: dict[str, str] = {
    "no_boundary": "Belum ada batas wilayah yang disebarluaskan, jadi tabel ini belum dapat dipetakan.",
    "no_code": "Tabel ini tidak memiliki kolom kode wilayah, jadi tidak dapat dipetakan.",
    "no_area": "Tidak satu pun kode wilayah di tabel ini ada pada batas “{boundary}”.",
    "no_measure": "Tabel ini tidak memiliki kolom angka yang dapat dipetakan.",
    "repeated": "Baris {row} dan {first} berisi wilayah, periode, dan kategori yang sama.",
    "too_many": "Kategori tabel ini akan menjadi {count} kolom; peta menampung paling banyak {most}.",
}
