"""Every word of the SOP that people read, in Indonesian."""

from __future__ import annotations

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
