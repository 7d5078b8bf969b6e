# Puts the library and a description of it where the Java build packs it: -DLIBRARY -DRESOURCES -DLIBTORCH -DVERSION -DVARIANT -DCUDA

get_filename_component(platform "${RESOURCES}" NAME)
# Java loads libtorch before the shim; the folder that the tests here need belongs into nothing that is handed on.
file(MAKE_DIRECTORY "${RESOURCES}")
file(COPY_FILE "${LIBRARY}" "${RESOURCES}/libgradus_torch.so.new")
file(RPATH_REMOVE FILE "${RESOURCES}/libgradus_torch.so.new")
file(SHA256 "${RESOURCES}/libgradus_torch.so.new" sha256)
if(CUDA)
  set(cuda true)
else()
  set(cuda false)
endif()
file(RENAME "${RESOURCES}/libgradus_torch.so.new" "${RESOURCES}/libgradus_torch.so")
# Java reads a backslash in a properties file as an escape.
string(REPLACE "\\" "\\\\" LIBTORCH "${LIBTORCH}")
file(WRITE "${RESOURCES}/build.properties"
     "classifier=${platform}-libtorch${VERSION}-${VARIANT}\n"
     "libtorch=${LIBTORCH}\nlibtorch.version=${VERSION}\ncuda=${cuda}\nsha256=${sha256}\n")
