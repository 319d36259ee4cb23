# The Debian package: cpack -G DEB, in a build folder whose target ddbsync is built.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME ddbsync)
set(CPACK_PACKAGE_VENDOR "ddbsync")
set(CPACK_PACKAGE_CONTACT "The ddbsync project")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "copies live DynamoDB tables and keeps the copies in step")
set(CPACK_PACKAGE_DESCRIPTION
    "ddbsync copies a live DynamoDB table into another and follows its changes
through DynamoDB Streams, for moves between accounts and regions. It may be
killed at any instant and resumes; it says how far it is, how far behind,
and why.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION database)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_DEPENDS ca-certificates)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_LIST_DIR}/package_permissions.cmake)
include(CPack)
